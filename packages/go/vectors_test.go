package hmsffi

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

var vectorsDir = filepath.Join("..", "..", "tests", "vectors")

type vector struct {
	Type string `json:"type"`
	JSON any    `json:"json"`
	Hex  string `json:"hex"`
	Code string `json:"code"`
	Path string `json:"path"`
	// LiftOnly: the JSON is less than the bytes say (a document's bytes or decimals).
	LiftOnly bool   `json:"lift-only"`
	Note     string `json:"note"`
}

func vectorsCodec(t testing.TB) *codec {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(vectorsDir, "schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := schema.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return newCodec(s, wire.DefaultLimits)
}

// eachVector runs check for all vectors of a folder and reports how many there were.
func eachVector(t *testing.T, folder string, least int, check func(t *testing.T, c *codec, id int, v vector, message []byte)) {
	c := vectorsCodec(t)
	files, _ := filepath.Glob(filepath.Join(vectorsDir, folder, "*.json"))
	count := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var vectors []vector
		decodeJSON(t, text, &vectors)
		for _, v := range vectors {
			count++
			t.Run(v.Type+"/"+v.Hex[:min(len(v.Hex), 24)], func(t *testing.T) {
				message, err := hex.DecodeString(v.Hex)
				if err != nil {
					t.Fatal(err)
				}
				index := c.schema.Function(v.Type)
				if index < 0 {
					t.Fatalf("there is no type %s", v.Type)
				}
				check(t, c, c.schema.Functions[index].Params[0].Type, v, message)
			})
		}
	}
	t.Logf("%d %s vectors", count, folder)
	if count < least {
		t.Errorf("only %d %s vectors, expected at least %d", count, folder, least)
	}
}

func lowerValue(c *codec, id int, value any) ([]byte, *Error) {
	w := c.writer()
	defer release(w)
	if failure := c.lowerAny(w, id, &value); failure != nil {
		return nil, failed(failure.At("value"), InvalidArgument)
	}
	return slices.Clone(w.Bytes()), nil
}

func liftValue(c *codec, id int, message []byte, v reflect.Value) *Error {
	p, failure := c.plan(id, v.Type())
	if failure != nil {
		return failed(failure.At("value"), InvalidArgument)
	}
	return c.read(message, "value", InvalidArgument, func(r *wire.Reader) *wire.Failure {
		if failure := p.lift(r, v); failure != nil {
			return failure.At("value")
		}
		return nil
	})
}

func TestGoodVectors(t *testing.T) {
	eachVector(t, "good", 300, func(t *testing.T, c *codec, id int, v vector, message []byte) {
		if v.LiftOnly {
			checkLifted(t, c, id, v, message)
			return
		}
		written, err := lowerValue(c, id, fromJSON(t, c.schema, id, v.JSON))
		if err != nil {
			t.Fatal(err)
		}
		if hex.EncodeToString(written) != v.Hex {
			t.Errorf("from JSON: got %x, expected %s", written, v.Hex)
		}
		var value any
		if err := liftValue(c, id, message, reflect.ValueOf(&value).Elem()); err != nil {
			t.Fatal(err)
		}
		again, err := lowerValue(c, id, value)
		if err != nil {
			t.Fatalf("%v (%T)", err, value)
		}
		if hex.EncodeToString(again) != v.Hex {
			t.Errorf("round trip of %T: got %x, expected %s", value, again, v.Hex)
		}
	})
}

// checkLifted compares the JSON of a document with that of a vector whose JSON says less than its bytes.
func checkLifted(t *testing.T, c *codec, id int, v vector, message []byte) {
	var value any
	if err := liftValue(c, id, message, reflect.ValueOf(&value).Elem()); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(documentToJSON(value))
	if err != nil {
		t.Fatal(err)
	}
	var back any
	decodeJSON(t, got, &back)
	if !sameJSON(back, v.JSON) {
		t.Errorf("got %s (%T), expected %v", got, value, v.JSON)
	}
	// A second trip gives the same bytes, or those of the same decimal without a positive exponent.
	again, failure := lowerValue(c, id, value)
	if _, isDecimal := value.(Decimal); failure != nil || !isDecimal && hex.EncodeToString(again) != v.Hex {
		t.Errorf("round trip of %T: got %x, %v, expected %s", value, again, failure, v.Hex)
	}
}

// sameJSON compares numbers by their value.
func sameJSON(a, b any) bool {
	x, xOK := a.(json.Number)
	y, yOK := b.(json.Number)
	if !xOK || !yOK {
		return reflect.DeepEqual(a, b)
	}
	if x == y {
		return true
	}
	f, _ := x.Float64()
	g, _ := y.Float64()
	return f == g && strings.ContainsAny(y.String(), ".eE")
}

func TestBadVectors(t *testing.T) {
	eachVector(t, "bad", 150, func(t *testing.T, c *codec, id int, v vector, message []byte) {
		var value any
		err := liftValue(c, id, message, reflect.ValueOf(&value).Elem())
		if err == nil {
			t.Fatalf("accepted (%s)", v.Note)
		}
		path, _, _ := strings.Cut(err.Message, ": ")
		if err.Code.String() != v.Code || path != v.Path {
			t.Errorf("got %s at %s, expected %s at %s (%s)", err.Code, path, v.Code, v.Path, err.Message)
		}
	})
}

// Every prefix of a good vector is refused or is the whole, and none makes the reader panic.
func TestTruncatedVectors(t *testing.T) {
	eachVector(t, "good", 300, func(t *testing.T, c *codec, id int, _ vector, message []byte) {
		for length := range min(len(message), 256) {
			var value any
			if err := liftValue(c, id, message[:length], reflect.ValueOf(&value).Elem()); err == nil {
				t.Fatalf("accepted %d of %d bytes", length, len(message))
			}
		}
	})
}
