//! The Go package's codes are those of the core's table.

use hms_ffi_core::error::Code;

const GO: &str = include_str!("../../../packages/go/code.go");

#[test]
fn the_go_package_has_the_same_codes() {
    let names = GO.split_once("var codeNames").expect("the names").1;
    let names: Vec<&str> = names.split('"').skip(1).step_by(2).take(17).collect();
    for code in Code::ALL {
        let number = code.number();
        assert_eq!(names[usize::from(number)], code.name());
        let constant = GO
            .lines()
            .find(|line| {
                line.trim_start()
                    .starts_with(&format!("{} ", code.class_name()))
            })
            .unwrap_or_else(|| panic!("no constant for {}", code.class_name()));
        let value = constant
            .split('=')
            .nth(1)
            .expect("a value")
            .split_whitespace()
            .next();
        assert_eq!(value, Some(number.to_string().as_str()), "{constant}");
        let temporary = GO
            .split_once("func (c Code) temporary()")
            .expect("temporary")
            .1;
        let temporary = temporary.split_once("return true").expect("its cases").0;
        let listed = temporary
            .split([' ', ',', ':', '\t', '\n'])
            .any(|word| word == code.class_name());
        assert_eq!(listed, code.is_temporary(), "{}", code.class_name());
    }
}
