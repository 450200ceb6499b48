package assistant

import "lamplight/tokenizer"

// Chance says how likely a token of an answer was, by the model's own probabilities: at temperature 1, of the whole
// vocabulary, without penalties.
type Chance struct {
	Text   string // what the token added to the answer; "" in the middle of a character
	P      float32
	Others []Other // at most five of the likeliest in its place, without the token itself, the likeliest first
}

// Other is a token that an answer might have had in the place of another.
type Other struct {
	ID   tokenizer.ID
	Text string
	P    float32
}
