package gguf

import "fmt"

// The getters below read one key with the type the caller needs. Whole numbers of any width are accepted.
// An absent key gives an error that wraps ErrNoKey, another type one that wraps ErrCorrupt; both name the key.

// String returns a text.
func (f *File) String(key string) (string, error) {
	v, err := f.get(key)
	if err != nil {
		return "", err
	}
	if v.typ != String {
		return "", f.mismatch(key, v, "a string")
	}
	return v.strings()[0], nil
}

// Int returns a whole number.
func (f *File) Int(key string) (int64, error) {
	v, err := f.get(key)
	if err != nil {
		return 0, err
	}
	if n, ok := v.integers(); ok && v.typ != Array {
		return n[0], nil
	}
	return 0, f.mismatch(key, v, "a whole number")
}

// Uint returns a whole number that is not negative.
func (f *File) Uint(key string) (uint64, error) {
	n, err := f.Int(key)
	if err != nil {
		return 0, err
	}
	if n < 0 {
		return 0, fmt.Errorf("gguf: %s: key %q is negative: %w", f.name, key, ErrCorrupt)
	}
	return uint64(n), nil
}

// Float returns a number, whole ones too.
func (f *File) Float(key string) (float64, error) {
	v, err := f.get(key)
	if err != nil {
		return 0, err
	}
	if n, ok := v.floats(); ok && v.typ != Array {
		return n[0], nil
	}
	return 0, f.mismatch(key, v, "a number")
}

// Bool returns a truth value.
func (f *File) Bool(key string) (bool, error) {
	v, err := f.get(key)
	if err != nil {
		return false, err
	}
	if v.typ != Bool {
		return false, f.mismatch(key, v, "a bool")
	}
	return v.raw[0] == 1, nil
}

// Strings returns an array of texts. They share one block of memory.
func (f *File) Strings(key string) ([]string, error) {
	v, err := f.get(key)
	if err != nil {
		return nil, err
	}
	if v.typ != Array || v.elem != String {
		return nil, f.mismatch(key, v, "an array of strings")
	}
	return v.strings(), nil
}

// Ints returns an array of whole numbers.
func (f *File) Ints(key string) ([]int64, error) {
	v, err := f.get(key)
	if err != nil {
		return nil, err
	}
	if n, ok := v.integers(); ok && v.typ == Array {
		return n, nil
	}
	return nil, f.mismatch(key, v, "an array of whole numbers")
}

// Floats returns an array of numbers, rounded to float32.
func (f *File) Floats(key string) ([]float32, error) {
	v, err := f.get(key)
	if err != nil {
		return nil, err
	}
	n, ok := v.floats()
	if !ok || v.typ != Array {
		return nil, f.mismatch(key, v, "an array of numbers")
	}
	out := make([]float32, len(n))
	for i, x := range n {
		out[i] = float32(x)
	}
	return out, nil
}

// Bools returns an array of truth values.
func (f *File) Bools(key string) ([]bool, error) {
	v, err := f.get(key)
	if err != nil {
		return nil, err
	}
	if v.typ != Array || v.elem != Bool {
		return nil, f.mismatch(key, v, "an array of bools")
	}
	return numbers[bool](v), nil
}

func (f *File) get(key string) (Value, error) {
	v, ok := f.values[key]
	if !ok {
		return Value{}, fmt.Errorf("gguf: %s: key %q: %w", f.name, key, ErrNoKey)
	}
	return v, nil
}

func (f *File) mismatch(key string, v Value, want string) error {
	have := v.typ.String()
	if v.typ == Array {
		have += " of " + v.elem.String()
	}
	return fmt.Errorf("gguf: %s: key %q is of type %s and should be %s: %w", f.name, key, have, want, ErrCorrupt)
}
