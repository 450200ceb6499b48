package assistant

import (
	"errors"
	"testing"
)

// A model that does not fit is loaded when the user insists, at the length of the context that the user knows of.
func TestMemory(t *testing.T) {
	r, lib := newRunner(t, Settings{ContextLength: 64})
	active, _ := lib.Active()
	id := active.ID
	free, known := int64(1000), true
	r.SetFreeMemory(func() (int64, bool) { return free, known })

	var short *MemoryError
	_, err := r.Load(t.Context())
	if !errors.Is(err, ErrMemory) || !errors.As(err, &short) || short.ID != id || short.Free != free || short.Need <= free {
		t.Fatalf("loaded into %d bytes: %v", free, err)
	}
	need := short.Need
	known = false
	if _, err := r.Load(t.Context()); err != nil {
		t.Errorf("without knowing what is free: %v", err)
	}
	known = true
	if _, err := r.Load(t.Context()); err != nil {
		t.Errorf("once it is in memory: %v", err)
	}

	r.SetSettings(Settings{ContextLength: 128}) // another session, the same weights
	if _, err := r.Load(t.Context()); !errors.As(err, &short) || short.Need >= need {
		t.Errorf("a longer context needs %d bytes, the model %d: %v", short.Need, need, err)
	}
	r.Insist(id, 64)
	if _, err := r.Load(t.Context()); !errors.Is(err, ErrMemory) {
		t.Errorf("a wish for another length was followed: %v", err)
	}
	r.Insist(id, 128)
	if _, err := r.Load(t.Context()); err != nil {
		t.Errorf("a wish was not followed: %v", err)
	}
	free = need
	r.SetSettings(Settings{ContextLength: 96})
	if _, err := r.Load(t.Context()); err != nil {
		t.Errorf("there is enough memory: %v", err)
	}
}
