package library

import (
	"errors"
	"math"
	"time"
)

// Receipt says what a model lost and won against the one that it was made from: both have read the same
// text, and their answers were compared at the same positions. See package measure for how each number is
// defined.
type Receipt struct {
	Source       string    `json:"source"`        // name of the model that it was made from
	SourceSHA256 string    `json:"source_sha256"` // digest of that model's card; empty when unknown
	Text         string    `json:"text"`          // name of the text, "en.txt"
	TextSHA256   string    `json:"text_sha256"`
	Tokens       int       `json:"tokens"` // positions that were compared
	Time         time.Time `json:"time"`
	Kernels      string    `json:"kernels"` // "avx512"
	Threads      int       `json:"threads"`

	MeanKL  float64 `json:"mean_kl"`         // nats, Kullback-Leibler divergence from the source's prediction
	TailKL  float64 `json:"kl_99_9"`         // nats; 99.9 % of the positions are at or below it
	SameTop float64 `json:"top_1_agreement"` // 0 … 1, how often both find the same token the likeliest

	Model Measured `json:"model"`
	Base  Measured `json:"base"` // the source
}

// Measured is what a receipt says of each of its two models.
type Measured struct {
	Bytes           int64   `json:"bytes"`           // of all files
	BitsPerWeight   float64 `json:"bits_per_weight"` // of the weights alone, without metadata
	Perplexity      float64 `json:"perplexity"`
	PerplexityError float64 `json:"perplexity_error"` // standard error
	Prefill         float64 `json:"prefill_tokens_s"` // tokens read in a second
	Decode          float64 `json:"decode_tokens_s"`  // tokens written in a second
}

// clean makes the texts of a receipt that anybody may have edited fit to be shown.
func (r *Receipt) clean() {
	for _, text := range []*string{&r.Source, &r.Text, &r.Kernels} {
		*text = cleanText(*text)
	}
}

func (r *Receipt) check() error {
	switch {
	case !isDigest(r.SourceSHA256) || !isDigest(r.TextSHA256):
		return errors.New("receipt: a sha256 is no digest")
	case r.Tokens < 1 || r.Threads < 0:
		return errors.New("receipt: a count is out of range")
	case !positive(r.MeanKL, r.TailKL) || !(r.SameTop >= 0 && r.SameTop <= 1):
		return errors.New("receipt: a divergence is out of range")
	}
	for _, m := range []Measured{r.Model, r.Base} {
		if m.Bytes < 0 || !positive(m.BitsPerWeight, m.Perplexity, m.PerplexityError, m.Prefill, m.Decode) {
			return errors.New("receipt: a measurement is out of range")
		}
	}
	return nil
}

// positive accepts finite numbers that are not negative.
func positive(numbers ...float64) bool {
	for _, n := range numbers {
		if !(n >= 0) || math.IsInf(n, 0) {
			return false
		}
	}
	return true
}
