//! One list of reserved names per language: keywords everywhere, members of every object for functions and fields,
//! members of our clients and component base classes for functions, our call options for parameters.

use super::{Language, Position};

/// Lists of names with spaces between them.
struct Reserved {
    keywords: &'static str,
    /// Members that every value has: functions and fields would hide them.
    object: &'static str,
    /// Members of our client and component base classes.
    ours: &'static str,
    /// Options of a call that are keyword arguments.
    options: &'static str,
    /// Names that types cannot have.
    types: &'static str,
    /// Names that the cases of a variant cannot have, where they are classes.
    cases: &'static str,
}

/// Whether `language` keeps `name`, which is already in its spelling, for itself at `position`.
pub(super) fn contains(language: Language, position: Position, name: &str) -> bool {
    let list = match language {
        Language::Rust => &RUST,
        Language::Python => &PYTHON,
        Language::JavaScript => &JAVASCRIPT,
        Language::Ruby => &RUBY,
        Language::Php => &PHP,
        Language::Go => &GO,
    };
    let has = |names: &str| match language {
        Language::Php => names.split(' ').any(|n| n.eq_ignore_ascii_case(name)),
        _ => names.split(' ').any(|n| n == name),
    };
    match position {
        Position::Function => has(list.keywords) || has(list.object) || has(list.ours),
        Position::Field => has(list.keywords) || has(list.object),
        Position::Param => has(list.keywords) || has(list.options),
        Position::Type => has(list.types),
        Position::VariantCase => has(list.cases),
        Position::EnumCase | Position::Flag => false,
    }
}

const RUST: Reserved = Reserved {
    keywords: "abstract as async await become box break const continue crate do dyn else enum \
        extern false final fn for gen if impl in let loop macro match mod move mut override \
        priv pub ref return self static struct super trait true try type typeof unsafe \
        unsized use virtual where while yield",
    object: "",
    ours: "",
    options: "",
    types: "Self",
    cases: "Self",
};

const PYTHON: Reserved = Reserved {
    keywords: "and as assert async await break class continue def del elif else except finally for \
        from global if import in is lambda nonlocal not or pass raise return try while with \
        yield",
    object: "",
    ours: "aclose aserve batch call close export interface map_error metrics schema serve stop \
        types version wit",
    options: "self timeout idempotency_key traceparent",
    types: "False None True",
    cases: "False None True",
};

const JAVASCRIPT: Reserved = Reserved {
    keywords: "arguments await break case catch class const continue debugger default delete do \
        else enum eval export extends false finally for function if implements import in \
        instanceof interface let new null package private protected public return static \
        super switch this throw true try typeof undefined var void while with yield",
    object: "constructor hasOwnProperty isPrototypeOf propertyIsEnumerable then toLocaleString \
        toString valueOf toJSON",
    ours: "batch call catch close closed finally metrics ref schema serve sync types unref",
    options: "",
    types: "",
    cases: "",
};

const RUBY: Reserved = Reserved {
    keywords: "alias and begin break case class def defined do else elsif end ensure false for if \
        in module next nil not or redo rescue retry return self super then true undef unless \
        until when while yield",
    object: "abort at_exit autoload binding caller catch clone deconstruct deconstruct_keys \
        define_singleton_method display dup enum_for eval exec exit extend fail fork format \
        freeze gets hash initialize inspect instance_eval instance_exec instance_of \
        instance_variable_get instance_variable_set instance_variables itself lambda load \
        loop members method method_missing methods object_id open p print printf \
        private_methods proc protected_methods public_method public_methods public_send putc \
        puts raise rand require send singleton_class singleton_method singleton_methods \
        sleep spawn sprintf srand syscall system tap test throw to_enum to_h to_s trap warn \
        with",
    ours: "async batch call close each interface map_error schema serve stop types",
    options: "timeout idempotency_key traceparent",
    types: "",
    cases: "",
};

const PHP: Reserved = Reserved {
    keywords: "abstract and array as break callable case catch class clone const continue declare \
        default die do echo else elseif empty enddeclare endfor endforeach endif endswitch \
        endwhile eval exit extends final finally fn for foreach function global goto if \
        implements include instanceof insteadof interface isset list match namespace new or \
        print private protected public readonly require return static switch this throw \
        trait try unset use var while xor yield",
    object: "",
    ours: "async await batch call close schema serve stop types with",
    options: "",
    types: "Abstract And Array As Bool Break Callable Case Catch Class Clone Const Continue \
        Declare Default Die Do Echo Else Elseif Empty Enddeclare Endfor Endforeach Endif \
        Endswitch Endwhile Enum Eval Exit Extends False Final Finally Float Fn For Foreach \
        Function Global Goto If Implements Include Instanceof Insteadof Int Interface Isset \
        Iterable List Match Mixed Namespace Never New Null Object Or Parent Print Private \
        Protected Public Readonly Require Resource Return Self Static String Switch Throw \
        Trait True Try Unset Use Var Void While Xor Yield",
    cases: "",
};

// Names in Go start with a capital; none is a keyword.
const GO: Reserved = Reserved {
    keywords: "",
    object: "",
    ours: "",
    options: "",
    types: "",
    cases: "",
};
