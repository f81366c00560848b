package main

import (
	"context"
	"fmt"
	"log"

	"example.org/hello/greeting"
	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

func main() {
	ctx := context.Background()
	greeter, err := hmsffi.Connect(ctx, "example:hello/greeter")
	if err != nil {
		log.Fatal(err)
	}
	defer greeter.Close()
	text, err := hmsffi.Call[string](ctx, greeter, "greet", greeting.Person{Name: "Ada", Titles: []string{"Countess"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	_, err = hmsffi.Call[string](ctx, greeter, "greet", greeting.Person{Titles: []string{}})
	if refusal, ok := hmsffi.Declared[greeting.Refusal](err); ok {
		fmt.Println("refused:", refusal.Nameless != nil)
	}
}
