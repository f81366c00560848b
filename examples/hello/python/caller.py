import hms_ffi as hms

with hms.connect("example:hello/greeter") as greeter:
    print(greeter.greet({"name": "Ada", "titles": ["Countess"]}, timeout=5))
    try:
        greeter.greet({"name": "", "titles": []})
    except hms.DeclaredError as refused:
        print("refused:", refused.value)
