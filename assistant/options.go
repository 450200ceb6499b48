package assistant

import "lamplight/privacy/vault"

// Options are what a conversation has of its own. What it leaves open comes from its persona, then from the settings,
// then from the model.
type Options struct {
	Persona  vault.UID `json:"persona,omitzero"`  // zero: none
	System   *string   `json:"system,omitempty"`  // the system prompt, which may be empty; nil leaves it open
	Model    string    `json:"model,omitempty"`   // its ID in the library; "" leaves it open
	Sampling Sampling  `json:"sampling,omitzero"` // nil fields leave it open
}
