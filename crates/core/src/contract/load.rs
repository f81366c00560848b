//! Reading a contract: files into groups of packages, `wit-parser` under a guard, and every interface into a schema.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use wit_parser::{
    PackageId, PackageName, Resolve, ResolveErrorKind, SourceMap, UnresolvedPackageGroup,
};

use super::schema::Schema;
use super::source::{ContractError, Sources, Warning};
use super::{lower, rules, version, wellknown};
use crate::error::{Code, Error};

/// The longest text of one contract file, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// A loaded contract: its package with everything it uses, checked against the rules.
#[derive(Debug)]
pub struct Contract {
    package: String,
    interfaces: Vec<String>,
    schemas: BTreeMap<String, Result<Arc<Schema>, ContractError>>,
    worlds: Vec<String>,
    warnings: Vec<Warning>,
}

impl Contract {
    /// Loads a contract from a `.wit` file, or from a directory with `.wit` files and an optional `deps` directory.
    /// A single file sees the `deps` directory beside it and takes from there what it uses.
    ///
    /// # Errors
    /// What cannot be read or parsed, and what breaks a rule, with file, line and column.
    pub fn load(path: &Path) -> Result<Contract, ContractError> {
        if path.is_dir() {
            let main = read_package_dir(path)?;
            if main.is_empty() {
                return Err(no_wit_files(path));
            }
            load_groups(main, read_deps(&path.join("deps"))?, false)
        } else {
            let main = vec![read_file(path)?];
            let beside = path.parent().unwrap_or(Path::new("")).join("deps");
            load_groups(main, read_deps(&beside)?, true)
        }
    }

    /// Loads a contract from the text of one file; `name` stands for the file in errors.
    ///
    /// # Errors
    /// As [`Contract::load`].
    pub fn parse(name: &str, text: &str) -> Result<Contract, ContractError> {
        load_groups(vec![(name.to_owned(), text.to_owned())], Vec::new(), false)
    }

    /// Loads a contract from files that are in memory, given as path and text. What stands below a directory `deps`
    /// is a dependency, one package for each file or directory there; the other files are the contract's own package.
    ///
    /// # Errors
    /// As [`Contract::load`].
    pub fn from_files(files: &[(&str, &str)]) -> Result<Contract, ContractError> {
        let mut main = Vec::new();
        let mut deps: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".wit")) {
            let parts: Vec<&str> = path.split('/').collect();
            let file = ((*path).to_owned(), (*text).to_owned());
            match parts.iter().position(|part| *part == "deps") {
                Some(i) if i + 1 < parts.len() => deps.entry(parts[i + 1]).or_default().push(file),
                _ => main.push(file),
            }
        }
        if main.is_empty() {
            return Err(ContractError::whole(
                "contract",
                "no .wit files outside of `deps`",
            ));
        }
        load_groups(main, deps.into_values().collect(), false)
    }

    /// The contract's own package, `hms:claims@1.2.0`.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// Full names of the interfaces of the contract's own packages, in the order of the files.
    pub fn interfaces(&self) -> &[String] {
        &self.interfaces
    }

    /// Full names of the worlds of the contract's own packages.
    pub fn worlds(&self) -> &[String] {
        &self.worlds
    }

    /// Names that some language has to map, and the like.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The schema of an interface, named with or without its version, or with a part of it (`@1.2`).
    ///
    /// # Errors
    /// `not-found` with the list of what there is; `invalid-argument` for an interface of a dependency that breaks a
    /// rule.
    pub fn schema(&self, interface: &str) -> Result<Arc<Schema>, Error> {
        if let Some(exact) = self.schemas.get(interface) {
            return exact.clone().map_err(Error::from);
        }
        let own = self
            .interfaces
            .iter()
            .filter_map(|name| self.schemas.get_key_value(name));
        let found = own
            .chain(&self.schemas)
            .filter(|(name, _)| version::interface_matches(interface, name))
            .max_by(|a, b| version::compare(a.0, b.0));
        match found {
            Some((_, schema)) => schema.clone().map_err(Error::from),
            None => Err(Error::new(
                Code::NotFound,
                format!(
                    "the contract {} has no interface {interface}; it has {}",
                    self.package,
                    if self.interfaces.is_empty() {
                        "none".to_owned()
                    } else {
                        self.interfaces.join(", ")
                    }
                ),
            )),
        }
    }
}

type Files = Vec<(String, String)>;

fn read_file(path: &Path) -> Result<(String, String), ContractError> {
    let name = path.display().to_string();
    let problem = |message: String| ContractError::whole(&name, message);
    let size = std::fs::metadata(path)
        .map_err(|e| problem(format!("cannot read: {e}")))?
        .len();
    if size > MAX_FILE {
        return Err(problem(format!(
            "is {size} bytes long; a contract file has at most {MAX_FILE}"
        )));
    }
    let bytes = std::fs::read(path).map_err(|e| problem(format!("cannot read: {e}")))?;
    if bytes.starts_with(b"\0asm") {
        return Err(problem(
            "is a WIT package in binary form; print it as text (`wasm-tools component wit`)".into(),
        ));
    }
    let text = String::from_utf8(bytes).map_err(|e| problem(format!("is not UTF-8: {e}")))?;
    Ok((name, text))
}

fn list_dir(path: &Path) -> Result<Vec<std::path::PathBuf>, ContractError> {
    let problem = |e: std::io::Error| {
        ContractError::whole(path.display().to_string(), format!("cannot read: {e}"))
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(path).map_err(problem)? {
        paths.push(entry.map_err(problem)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn is_wit(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "wit") && !path.is_dir()
}

fn read_package_dir(path: &Path) -> Result<Files, ContractError> {
    list_dir(path)?
        .iter()
        .filter(|p| is_wit(p))
        .map(|p| read_file(p))
        .collect()
}

fn read_deps(path: &Path) -> Result<Vec<Files>, ContractError> {
    let mut groups = Vec::new();
    if !path.is_dir() {
        return Ok(groups);
    }
    for entry in list_dir(path)? {
        if entry.is_dir() {
            let files = read_package_dir(&entry)?;
            if !files.is_empty() {
                groups.push(files);
            }
        } else if is_wit(&entry) || entry.extension().is_some_and(|e| e == "wasm") {
            groups.push(vec![read_file(&entry)?]);
        }
    }
    Ok(groups)
}

fn no_wit_files(path: &Path) -> ContractError {
    let below: Vec<_> = list_dir(path)
        .unwrap_or_default()
        .into_iter()
        .filter(|p| p.is_dir() && list_dir(p).is_ok_and(|inside| inside.iter().any(|f| is_wit(f))))
        .filter_map(|p| Some(p.file_name()?.to_string_lossy().into_owned()))
        .collect();
    let hint = if below.is_empty() {
        String::new()
    } else {
        format!("; there are some in {}", below.join(", "))
    };
    ContractError::whole(
        path.display().to_string(),
        format!("no .wit files here{hint}"),
    )
}

/// `wit-parser` panics on some inputs; that is a mistake in the contract for our callers, not the end of the process.
fn guarded<T>(
    file: &str,
    run: impl FnOnce() -> Result<T, ContractError>,
) -> Result<T, ContractError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(ContractError::whole(
            file,
            "the WIT parser cannot read this contract (it panicked)",
        ))
    })
}

fn parse_group(
    files: &Files,
    sources: &mut Sources,
) -> Result<UnresolvedPackageGroup, ContractError> {
    let mut map = SourceMap::new();
    for (path, text) in files {
        sources.add(path, text);
        map.push_str(path, text.as_str());
    }
    let fallback = &files[0].0;
    guarded(fallback, || {
        map.parse().map_err(|(map, error)| {
            let kind = error.kind();
            sources.error(&map, kind.span(), fallback, one_line(&kind.to_string()))
        })
    })
}

/// Messages of `wit-parser` may have several lines; ours have one.
fn one_line(message: &str) -> String {
    message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn names(group: &UnresolvedPackageGroup) -> impl Iterator<Item = &PackageName> {
    std::iter::once(&group.main)
        .chain(&group.nested)
        .map(|package| &package.name)
}

/// Only those of `deps` that `main` reaches by `use`, `import` and the like.
fn reachable(
    main: &UnresolvedPackageGroup,
    deps: Vec<UnresolvedPackageGroup>,
) -> Vec<UnresolvedPackageGroup> {
    let wants = |group: &UnresolvedPackageGroup| -> Vec<PackageName> {
        let packages = std::iter::once(&group.main).chain(&group.nested);
        packages
            .flat_map(|package| package.foreign_deps.keys().cloned())
            .collect()
    };
    let mut queue: VecDeque<PackageName> = wants(main).into();
    let mut seen = HashSet::new();
    let mut keep = vec![false; deps.len()];
    while let Some(name) = queue.pop_front() {
        if !seen.insert(name.clone()) {
            continue;
        }
        for (i, dep) in deps.iter().enumerate() {
            if !keep[i] && names(dep).any(|n| *n == name) {
                keep[i] = true;
                queue.extend(wants(dep));
            }
        }
    }
    deps.into_iter()
        .zip(keep)
        .filter_map(|(dep, keep)| keep.then_some(dep))
        .collect()
}

fn load_groups(
    main: Files,
    deps: Vec<Files>,
    only_reachable: bool,
) -> Result<Contract, ContractError> {
    let fallback = main[0].0.clone();
    let mut sources = Sources::default();
    let main = parse_group(&main, &mut sources)?;
    let mut groups = deps
        .iter()
        .map(|files| parse_group(files, &mut sources))
        .collect::<Result<Vec<_>, _>>()?;
    if only_reachable {
        groups = reachable(&main, groups);
    }
    let own: HashSet<PackageName> = names(&main).cloned().collect();
    // A second copy of a package is an error of the parser, so ours is added only if there is none.
    let embedded = parse_group(
        &wellknown::EMBEDDED
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .to_vec(),
        &mut sources,
    )?;
    let embedded_name = embedded.main.name.clone();
    let vendored = own.contains(&embedded_name)
        || groups.iter().any(|g| names(g).any(|n| *n == embedded_name));
    if !vendored {
        groups.push(embedded);
    }

    let mut resolve = Resolve {
        all_features: true,
        ..Resolve::default()
    };
    let package = guarded(&fallback, || {
        let result = resolve.push_groups(main, groups);
        result.map_err(|error| {
            let kind = error.kind();
            let mut message = one_line(&kind.to_string());
            if let ResolveErrorKind::PackageNotFound { requested, .. } = kind
                && requested.namespace == "hms"
                && requested.name == "types"
            {
                message.push_str("; hms:types@1.0.0 is built in");
            }
            sources.error(&resolve.source_map, kind.span(), &fallback, message)
        })
    })?;
    let hidden = (!vendored).then_some(embedded_name);
    guarded(&fallback, || {
        build(
            &resolve,
            package,
            &own,
            hidden.as_ref(),
            &sources,
            &fallback,
        )
    })
}

/// From the resolved packages to schemas: rules, lowering, warnings.
fn build(
    resolve: &Resolve,
    package: PackageId,
    own: &HashSet<PackageName>,
    hidden: Option<&PackageName>,
    sources: &Sources,
    fallback: &str,
) -> Result<Contract, ContractError> {
    let at = |span, message: String| sources.error(&resolve.source_map, span, fallback, message);
    for (id, contents) in resolve.packages.iter() {
        let vendored = wellknown::is_ours(resolve, id) && Some(&contents.name) != hidden;
        if let Some((span, message)) = vendored
            .then(|| wellknown::difference(resolve, id))
            .flatten()
        {
            return Err(at(span, message));
        }
    }
    let chains = lower::chains(resolve);
    let mut contract = Contract {
        package: resolve.packages[package].name.to_string(),
        interfaces: Vec::new(),
        schemas: BTreeMap::new(),
        worlds: Vec::new(),
        warnings: Vec::new(),
    };
    // The contract's main package first, packages nested in its files after it.
    let mut order: Vec<PackageId> = resolve.packages.iter().map(|(id, _)| id).collect();
    order.sort_by_key(|id| *id != package);
    for id in order {
        let contents = &resolve.packages[id];
        if Some(&contents.name) == hidden {
            continue;
        }
        let is_own = own.contains(&contents.name);
        if is_own {
            rules::check_worlds(resolve, id).map_err(|(span, message)| at(span, message))?;
            contract.worlds.extend(
                contents
                    .worlds
                    .keys()
                    .map(|name| resolve.id_of_name(id, name)),
            );
        }
        for (name, &interface) in &contents.interfaces {
            let name = resolve.id_of_name(id, name);
            let schema = match lower::interface(resolve, &chains, interface) {
                Ok((schema, warnings)) => {
                    if is_own {
                        contract.warnings.extend(
                            warnings
                                .into_iter()
                                .map(|(span, message)| at(span, message)),
                        );
                    }
                    Ok(Arc::new(schema))
                }
                Err((span, message)) => Err(at(span, message)),
            };
            if is_own {
                if let Err(error) = schema {
                    return Err(error);
                }
                contract.interfaces.push(name.clone());
            }
            contract.schemas.insert(name, schema);
        }
    }
    let mut seen = HashSet::new();
    contract
        .warnings
        .retain(|warning| seen.insert(warning.to_string()));
    Ok(contract)
}
