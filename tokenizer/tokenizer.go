// Package tokenizer turns text into the ids a model was trained on, and ids back into text.
//
//	tok, err := tokenizer.NewSPM(vocab) // vocab from a GGUF file, tokenizer.model or tokenizer.json
//	ids := tok.Encode("Hello world")
//	text := tok.Decode(ids)
//
// Text of a user goes through Encode, which never produces a control token, whatever the text says.
// EncodeWithSpecial is for a program's own templates. While a model answers, a [Decoder] turns its tokens
// into text and never emits half a character.
package tokenizer

// ID is the number of a token.
type ID int32

// Kind says what a token stands for. The values are those of GGUF files.
type Kind uint8

// The kinds of tokens.
const (
	Normal      Kind = 1 // a piece of text that merging produces
	Unknown     Kind = 2 // what cannot be expressed otherwise
	Control     Kind = 3 // steers the model, has no text: begin of sequence, end of turn
	UserDefined Kind = 4 // matched in text as a whole, before merging
	Unused      Kind = 5 // a filler
	Byte        Kind = 6 // one byte, spelled <0x41>
)

// Tokenizer is what the rest of the program knows of a vocabulary. Implementations are safe for concurrent
// use.
type Tokenizer interface {
	// Encode returns the tokens of text. Control tokens in it are text like any other. Nothing is put in
	// front.
	Encode(text string) []ID
	// EncodeWithSpecial does the same but reads the spelling of control tokens as these tokens.
	EncodeWithSpecial(text string) []ID
	// Decode returns the text of ids. Control tokens have none; bytes that make no character become U+FFFD.
	Decode(ids []ID) string
	// AppendBytes appends the bytes that a token stands for, which may be part of a character.
	AppendBytes(dst []byte, id ID) []byte
	// Special finds the control token that is spelled name.
	Special(name string) (ID, bool)
	// Text returns the spelling of a token in the vocabulary, "" for an id outside of it.
	Text(id ID) string
	// Kind returns the kind of a token, Unknown for an id outside the vocabulary.
	Kind(id ID) Kind
	// Size returns the number of tokens; ids run from 0 to Size-1.
	Size() int
}

// Vocab is what a model file says about its tokens. The slices have the same length and are indexed by ID.
type Vocab struct {
	Tokens []string  // spelling; normal pieces write a space as ▁, user-defined ones as a space
	Scores []float32 // merge priority, the highest first
	Kinds  []Kind

	BOS, EOS, Unknown, Padding ID   // -1: none
	AddBOS                     bool // a prompt begins with BOS
	AddSpacePrefix             bool // a space is put in front of text
}
