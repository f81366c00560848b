package hmsffi

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// plan converts the values of one Go type to and from one type of a schema. Plans are built once and hold no state.
type plan interface {
	// lower appends a value.
	lower(w *wire.Writer, v reflect.Value) *wire.Failure
	// lift reads a value into v, which is settable, and overwrites all of it.
	lift(r *wire.Reader, v reflect.Value) *wire.Failure
}

// codec converts the values of one schema. It keeps the plans that it built, by type of the schema and Go type.
type codec struct {
	schema *schema.Schema
	limits wire.Limits
	plans  atomic.Pointer[map[planKey]plan] // never changed, only replaced
	mu     sync.Mutex                       // held while replacing
}

type planKey struct {
	id int
	t  reflect.Type
}

func newCodec(s *schema.Schema, limits wire.Limits) *codec {
	c := &codec{schema: s, limits: limits}
	c.plans.Store(new(map[planKey]plan))
	return c
}

// plan is the plan for a Go type, built at first use. It fails if the Go type does not match the schema's.
func (c *codec) plan(id int, t reflect.Type) (plan, *wire.Failure) {
	key := planKey{id, t}
	if p, ok := (*c.plans.Load())[key]; ok {
		return p, nil
	}
	p, failure := c.build(id, t)
	if failure != nil {
		return nil, failure
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	plans := maps.Clone(*c.plans.Load())
	if plans == nil {
		plans = map[planKey]plan{}
	}
	plans[key] = p
	c.plans.Store(&plans)
	return p, nil
}

func (c *codec) build(id int, t reflect.Type) (plan, *wire.Failure) {
	s := &c.schema.Types[id]
	switch s.Kind {
	case schema.Own, schema.Borrow, schema.Stream, schema.Future:
		return nil, &wire.Failure{
			Kind:    wire.Unimplemented,
			Message: "a value of type " + c.schema.Describe(id) + " cannot be passed yet",
		}
	}
	if t.Kind() == reflect.Interface && t.NumMethod() == 0 {
		if s.Kind == schema.Document {
			return documentPlan{}, nil
		}
		return &dynamicPlan{c, id}, nil
	}
	switch s.Kind {
	case schema.Bool, schema.S8, schema.S16, schema.S32, schema.S64, schema.U8, schema.U16, schema.U32, schema.U64,
		schema.F32, schema.F64, schema.Char, schema.String:
		return c.buildScalar(id, s, t)
	case schema.List, schema.FixedList:
		return c.buildList(id, s, t)
	case schema.Tuple:
		return c.buildTuple(id, s, t)
	case schema.Set:
		return c.buildSet(id, s, t)
	case schema.Map:
		return c.buildMap(id, s, t)
	case schema.Record:
		return c.buildRecord(id, s, t)
	case schema.Enum:
		return c.buildEnum(id, s, t)
	case schema.Flags:
		return c.buildFlags(id, s, t)
	case schema.Variant:
		return c.buildVariant(id, variantCases(s.Cases), wire.Discriminant, t)
	case schema.Result:
		return c.buildVariant(id, []variantCase{{"ok", "Ok", s.OK}, {"err", "Err", s.Err}}, wire.Result, t)
	case schema.Option:
		return c.buildOption(id, s, t)
	case schema.Document:
		return nil, c.mismatch(id, t)
	}
	return c.buildWellKnown(id, s, t)
}

// mismatch is the failure of a Go type that cannot hold a type of the schema.
func (c *codec) mismatch(id int, t reflect.Type) *wire.Failure {
	return wire.Mismatch(c.schema.Describe(id), t.String())
}

// Steps of paths.

func atIndex(i int) string    { return "[" + strconv.Itoa(i) + "]" }
func atKeyIndex(i int) string { return "[key " + strconv.Itoa(i) + "]" }

func atTextKey(key string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(key) != nil {
		return "[?]"
	}
	return "[" + strings.TrimSpace(out.String()) + "]"
}

// atKey is the step to the value of a map's key.
func atKey(kind schema.Kind, key reflect.Value) string {
	for key.Kind() == reflect.Interface {
		key = key.Elem()
	}
	switch {
	case kind == schema.Char:
		return atTextKey(string(rune(key.Int())))
	case key.Kind() == reflect.String:
		return atTextKey(key.String())
	case key.CanInt():
		return atNumber(strconv.FormatInt(key.Int(), 10), max(key.Int(), -key.Int()) > maxSafe || key.Int() == math.MinInt64)
	case key.CanUint():
		return atNumber(strconv.FormatUint(key.Uint(), 10), key.Uint() > maxSafe)
	}
	return "[" + strconv.FormatBool(key.Bool()) + "]"
}

// maxSafe is the largest integer that the JSON mapping writes as a number.
const maxSafe = 1<<53 - 1

func atNumber(digits string, asText bool) string {
	if asText {
		return `["` + digits + `"]`
	}
	return "[" + digits + "]"
}
