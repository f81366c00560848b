package main

import (
	"context"
	"fmt"
	"log"
	"sync"

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
	names := []string{"Ada", "Alan", ""}
	texts := make([]string, 2)
	var waiting sync.WaitGroup
	for i, name := range names[:2] {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			var err error
			if texts[i], err = hmsffi.Call[string](ctx, greeter, "greet", doctor(name)); err != nil {
				log.Fatal(err)
			}
		}()
	}
	waiting.Wait()
	fmt.Printf("%s\n%s\n", texts[0], texts[1])

	var calls []hmsffi.Bound
	for _, name := range names {
		calls = append(calls, hmsffi.Bind("greet", doctor(name)))
	}
	for _, reply := range greeter.Batch(ctx, calls...) {
		text, err := hmsffi.As[string](reply)
		if _, refused := hmsffi.Declared[greeting.Refusal](err); refused {
			text = "refused"
		}
		fmt.Println(text)
	}
}

func doctor(name string) greeting.Person {
	return greeting.Person{Name: name, Titles: []string{"Dr"}}
}
