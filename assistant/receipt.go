package assistant

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"runtime/debug"
	"sync"

	"lamplight/engine/adapter"
	"lamplight/engine/sample"
	"lamplight/tokenizer"
)

// Receipt says how an answer came about, so that it can be made once more: see [Conversation.Replay].
type Receipt struct {
	Model  string `json:"model"`  // ID in the library
	Name   string `json:"name"`   // of the model
	SHA256 string `json:"sha256"` // of the model's files, as the library knows them; "": not known

	Adapters []adapter.Use `json:"adapters,omitempty"` // that the model had
	Sampling sample.Params `json:"sampling"`           // all of it, with the seed that was used

	// The prompt, all tokens before those that were generated: how many, and the SHA-256 of their ids as u32, little
	// endian.
	PromptTokens int      `json:"prompt_tokens"`
	PromptSHA256 string   `json:"prompt_sha256"`
	Given        int      `json:"given,omitempty"`  // tokens of the answer that were there before, and are part of the prompt
	Before       *Receipt `json:"before,omitempty"` // of those tokens, if they were written in this place
	Unseen       []int    `json:"unseen,omitempty"` // turns before the answer that the model did not see
	System       string   `json:"system,omitempty"` // the system prompt

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

// receipt is what is known of an answer before it is written, of which so many tokens are given. The caller has the
// turn of the runner.
func (c *Conversation) receipt(l *loaded, prompt []tokenizer.ID, given int, p sample.Params) Receipt {
	r := c.runner.receipt(l, prompt, p)
	r.Given = given
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.turns) - 1
	r.System = c.system
	for i, t := range c.turns[:last] {
		if t.Dropped {
			r.Unseen = append(r.Unseen, i)
		}
	}
	if given > 0 {
		r.Before = c.turns[last].Receipt
	}
	return r
}

// receipt is what is known of an answer to a prompt.
func (r *Runner) receipt(l *loaded, prompt []tokenizer.ID, p sample.Params) Receipt {
	info := l.model.Info()
	receipt := Receipt{
		Model: l.id, Name: info.Name, Sampling: p, PromptTokens: len(prompt), PromptSHA256: sumOf(prompt),
		Build: r.build(), Kernels: info.Kernels, Threads: info.Threads, Context: l.session.ContextLength(),
	}
	if m, err := r.lib.Get(l.id); err == nil {
		receipt.Name, receipt.SHA256 = m.Card.Name, m.Digest()
	}
	return receipt
}

// with adds what is known at the end.
func (r Receipt) with(s Stats, loops int) Receipt {
	r.Tokens, r.ReadSeconds, r.WriteSeconds, r.Loops = s.Answer, s.ReadSeconds, s.AnswerSeconds, loops
	r.CPUSeconds, r.Joules, r.Measured = s.CPUSeconds, s.Joules, s.JoulesMeasured
	return r
}

// setReceipt keeps r with the answer that is being written.
func (c *Conversation) setReceipt(r Receipt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := &c.turns[len(c.turns)-1]
	last.Receipt, last.changed = &r, true // receipts are not changed, so that copies of a turn can share them
}

// sumOf is the SHA-256 of ids.
func sumOf(ids []tokenizer.ID) string {
	h := sha256.New()
	for _, id := range ids {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(id)))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// SetVersion tells the runner the version of the program, for receipts. It comes before the first answer.
func (r *Runner) SetVersion(version string) { r.version = version }

// build is the version of the program and the revision that it was built from, as far as the build says it.
func (r *Runner) build() string {
	if revision := vcs(); revision != "" {
		return r.version + " " + revision
	}
	return r.version
}

// vcs is the revision of the source; "+" says that it was changed.
var vcs = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var revision, changed string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + changed
})
