package library

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// maxUnknown bounds the fields that a card may have beyond those that this version knows.
const maxUnknown = 1 << 20 // bytes

// fieldNames are the names in model.json.
var fieldNames = sync.OnceValue(func() (names []string) {
	for f := range reflect.TypeFor[Card]().Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
})

// unknownFields returns the fields of the card data that this version does not know, so that an earlier version of the
// program does not lose what a later one has written.
func unknownFields(data []byte) map[string]json.RawMessage {
	var all map[string]json.RawMessage
	if json.Unmarshal(data, &all) != nil {
		return nil
	}
	size := 0
	for name, value := range all {
		known := func(field string) bool { return strings.EqualFold(field, name) } // as package json takes them
		if slices.Contains(fieldNames(), name) || slices.ContainsFunc(fieldNames(), known) {
			delete(all, name)
			continue
		}
		text, err := json.Marshal(value) // one form, however the card indents it
		if err != nil {
			return nil
		}
		all[name] = text
		size += len(name) + len(text)
	}
	if len(all) == 0 || size > maxUnknown {
		return nil
	}
	return all
}

// withUnknown adds fields to the end of an object that was indented by two spaces.
func withUnknown(object []byte, fields map[string]json.RawMessage) []byte {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		key, _ := json.Marshal(name)
		object = bytes.TrimSuffix(object, []byte("\n}"))
		object = slices.Concat(object, []byte(",\n  "), key, []byte(": "), fields[name], []byte("\n}"))
	}
	return object
}
