package assistant

import "lamplight/engine/sample"

// Receipt says how an answer came about, so that it can be made once more: see [Conversation.Replay]. It has none of
// the user's words.
type Receipt struct {
	Model  string `json:"model"`  // ID in the library
	Name   string `json:"name"`   // of the model
	SHA256 string `json:"sha256"` // of the model's files, as the library knows them; "": not known

	Sampling sample.Params `json:"sampling"` // all of it, with the seed that was used

	// The prompt, all tokens before those that were generated: how many, and the SHA-256 of their ids as u32, little
	// endian.
	PromptTokens int    `json:"prompt_tokens"`
	PromptSHA256 string `json:"prompt_sha256"`
	Given        int    `json:"given,omitempty"`  // tokens of the answer that were there before, and are part of the prompt
	Unseen       []int  `json:"unseen,omitempty"` // turns before the answer that the model did not see

	Build   string `json:"build"`   // version and revision of the program
	Kernels string `json:"kernels"` // such as "avx512"
	Threads int    `json:"threads"`
	Context int    `json:"context"` // tokens

	Tokens       int     `json:"tokens"` // of the answer, without those given
	ReadSeconds  float64 `json:"read_seconds"`
	WriteSeconds float64 `json:"write_seconds"`
	CPUSeconds   float64 `json:"cpu_seconds"` // of all threads of the program, while it read and wrote
	Joules       float64 `json:"joules"`
	Measured     bool    `json:"measured"`        // Joules is what a counter of the processor says, not an estimate
	Loops        int     `json:"loops,omitempty"` // how often the answer was taken back to where it began to repeat itself: 1, or 2 when it ended there
}
