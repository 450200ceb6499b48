package assistant

import "lamplight/privacy/vault"

// Persona is who answers: what a user has put together to choose it for conversations.
type Persona struct {
	ID       vault.UID `json:"-"`
	Name     string    `json:"name"`
	System   string    `json:"system,omitempty"`  // the system prompt; "" leaves it to the model
	Model    string    `json:"model,omitempty"`   // its ID in the library; "": the active one
	Sampling Sampling  `json:"sampling,omitzero"` // nil fields leave it to the settings
}
