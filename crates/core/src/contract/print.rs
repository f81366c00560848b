//! Printing an interface back to WIT, with `wit-component`'s printer.

use std::collections::HashSet;

use wit_component::WitPrinter;
use wit_parser::{InterfaceId, PackageId, Resolve};

/// The WIT of one interface and of everything that it uses: its package, then the other packages nested behind it.
pub(super) fn interface(resolve: &Resolve, id: InterfaceId) -> Result<String, String> {
    let main = resolve.interfaces[id]
        .package
        .ok_or("the interface belongs to no package")?;
    let mut needed = HashSet::new();
    let mut queue = vec![id];
    while let Some(next) = queue.pop() {
        if needed.insert(next) {
            queue.extend(resolve.interface_direct_deps(next));
        }
    }
    // The printer prints whole packages, so it gets a copy without the rest.
    let mut part = resolve.clone();
    let mut nested: Vec<PackageId> = Vec::new();
    for (package, contents) in part.packages.iter_mut() {
        contents.worlds.clear();
        contents
            .interfaces
            .retain(|_, interface| needed.contains(interface));
        if package != main && !contents.interfaces.is_empty() {
            nested.push(package);
        }
    }
    let mut printer = WitPrinter::default();
    printer
        .print(&part, main, &nested)
        .map_err(|error| format!("cannot print the contract: {error}"))?;
    Ok(printer.output.to_string())
}
