package main

import (
	"context"
	"log"
	"os/signal"
	"strings"
	"syscall"

	"example.org/hello/greeting"
	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

func greet(_ context.Context, person greeting.Person) (string, error) {
	if person.Name == "" {
		return "", hmsffi.Declare(greeting.Refusal{Nameless: &struct{}{}})
	}
	return "Hello " + strings.Join(append(person.Titles, person.Name), " ") + ", this is Go", nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	greeter, err := hmsffi.NewComponent("example:hello/greeter", hmsffi.WIT("hello.wit"))
	if err == nil {
		err = greeter.Export("greet", greet)
	}
	if err == nil {
		err = greeter.Serve(ctx)
	}
	if err != nil {
		log.Fatal(err)
	}
}
