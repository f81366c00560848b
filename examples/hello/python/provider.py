import hms_ffi as hms

greeter = hms.Component("example:hello/greeter", wit="../hello.wit")


@greeter.export
def greet(person):
    if not person.name:
        raise hms.DeclaredError(greeter.types.Refusal.Nameless())
    return f"Hello {' '.join([*person.titles, person.name])}, this is Python"


greeter.serve()
