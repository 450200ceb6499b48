package library

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sampleReceipt() Receipt {
	return Receipt{
		Source: "Tiny", SourceSHA256: strings.Repeat("0a", 32), Text: "en.txt", TextSHA256: strings.Repeat("b1", 32),
		Tokens: 1024, Time: time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC), Kernels: "go", Threads: 2,
		MeanKL: 0.004, TailKL: 0.09, SameTop: 0.93,
		Model: Measured{Bytes: 1 << 20, BitsPerWeight: 4.5, Perplexity: 12.5, PerplexityError: 0.3, Prefill: 900, Decode: 80},
		Base:  Measured{Bytes: 1 << 22, BitsPerWeight: 16, Perplexity: 12, PerplexityError: 0.3, Prefill: 800, Decode: 30},
	}
}

func TestReceiptIsData(t *testing.T) {
	want := sampleReceipt()
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Receipt
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := got.check(); err != nil {
		t.Error(err)
	}
}

func TestReceiptCheck(t *testing.T) {
	for name, spoil := range map[string]func(*Receipt){
		"digest":    func(r *Receipt) { r.SourceSHA256 = "abc" },
		"no tokens": func(r *Receipt) { r.Tokens = 0 },
		"threads":   func(r *Receipt) { r.Threads = -1 },
		"negative":  func(r *Receipt) { r.MeanKL = -1 },
		"no number": func(r *Receipt) { r.TailKL = math.NaN() },
		"agreement": func(r *Receipt) { r.SameTop = 1.5 },
		"bytes":     func(r *Receipt) { r.Model.Bytes = -1 },
		"infinite":  func(r *Receipt) { r.Base.Perplexity = math.Inf(1) },
		"error":     func(r *Receipt) { r.Base.PerplexityError = math.NaN() },
		"bits":      func(r *Receipt) { r.Model.BitsPerWeight = -4 },
		"tokens/s":  func(r *Receipt) { r.Model.Decode = math.Inf(1) },
	} {
		t.Run(name, func(t *testing.T) {
			r := sampleReceipt()
			spoil(&r)
			if r.check() == nil {
				t.Error("it was accepted")
			}
		})
	}
}

func TestReceiptClean(t *testing.T) {
	r := sampleReceipt()
	r.Source = "a\nb\x1b[31m" + strings.Repeat("x", 1000)
	r.clean()
	if strings.ContainsAny(r.Source, "\n\x1b") || len([]rune(r.Source)) > 200 {
		t.Errorf("%q", r.Source)
	}
}
