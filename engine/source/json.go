package source

import (
	"encoding/json"
	"fmt"
	"math"
)

// object is a JSON object whose fields are read one by one, because the same setting hides under several
// names and null means absent. It keeps the first error. Names are matched exactly.
type object struct {
	fields map[string]json.RawMessage
	err    *error
}

func parseObject(b []byte) (object, error) {
	o := object{err: new(error)}
	if err := json.Unmarshal(b, &o.fields); err != nil {
		return o, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return o, nil
}

// has reports whether the field is there and not null.
func (o object) has(name string) bool {
	raw, ok := o.fields[name]
	return ok && string(raw) != "null"
}

// read decodes the field into v, if it is there, and reports whether it did.
func (o object) read(name string, v any) bool {
	if !o.has(name) {
		return false
	}
	if err := json.Unmarshal(o.fields[name], v); err != nil {
		o.fail(fmt.Errorf("field %q: %w: %w", name, ErrInvalid, err))
		return false
	}
	return true
}

func (o object) fail(err error) {
	if *o.err == nil {
		*o.err = err
	}
}

// lenient returns o with an error of its own, for fields that may be wrong without harm.
func (o object) lenient() object { return object{o.fields, new(error)} }

// object returns an object inside o, an empty one if it is absent. They share the error.
func (o object) object(name string) object {
	inner := object{err: o.err}
	o.read(name, &inner.fields)
	return inner
}

// whole reads a whole number from 0 to 2³¹−1 or returns fallback; required means that it must be there.
func (o object) whole(name string, fallback int) int {
	var n int64
	switch {
	case o.has(name):
		if o.read(name, &n) && (n < 0 || n > math.MaxInt32) {
			o.fail(fmt.Errorf("field %q is %d: %w", name, n, ErrInvalid))
		}
		return int(n)
	case fallback == required:
		o.fail(fmt.Errorf("field %q is missing: %w", name, ErrInvalid))
	}
	return fallback
}

func (o object) number(name string, fallback float64) float64 {
	o.read(name, &fallback)
	return fallback
}

func (o object) text(name, fallback string) string {
	o.read(name, &fallback)
	return fallback
}

func (o object) truth(name string, fallback bool) bool {
	o.read(name, &fallback)
	return fallback
}

// ids reads a token id or a list of them.
func (o object) ids(name string) []int64 {
	if !o.has(name) {
		return nil
	}
	var one int64
	if json.Unmarshal(o.fields[name], &one) == nil {
		return []int64{one}
	}
	var list []int64
	o.read(name, &list)
	return list
}
