package assistant

import (
	"encoding/json"

	"lamplight/assistant/attach"
)

// extra is what a message has beside its words in the store.
type extra struct {
	Files   []attach.File `json:"files,omitempty"`   // of a question
	Receipt *Receipt      `json:"receipt,omitempty"` // of an answer
}

// extra packs what the turn has beside its words; nil for nothing.
func (t *Turn) extra() json.RawMessage {
	if len(t.Files) == 0 && t.Receipt == nil {
		return nil
	}
	data, err := json.Marshal(extra{t.Files, t.Receipt})
	if err != nil {
		return nil // there is no number in it that JSON lacks: a sampler has refused those
	}
	return data
}

// setExtra unpacks it. What is no such thing, as it came from elsewhere, is left out.
func (t *Turn) setExtra(data json.RawMessage) {
	var e extra
	if len(data) > 0 && json.Unmarshal(data, &e) == nil {
		t.Files, t.Receipt = e.Files, e.Receipt
	}
}
