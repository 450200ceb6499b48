package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"lamplight/engine/train"
	"lamplight/engine/train/data"
	"lamplight/kernels"
)

// stateFolder is where a training that is not done has its state, in the folder of the result.
const stateFolder = "training"

// trainFlags are the settings as the user gives them.
type trainFlags struct {
	model, data, held, out, targets   *string
	full, scratch, check, rs, soFar   *bool
	ordered                           *bool
	rank, epochs, batch, positions    *int
	patience, every, threads          *int
	alpha, dropout, rate, warm, decay *float64
	clip, part, muon                  *float64
	seed                              *uint64
}

func trainModel(c *call) error {
	f := trainFlags{
		model:     c.modelFlag(),
		data:      c.String("data", "", "`FILE` with examples: JSON, an object a line, or CSV"),
		held:      c.String("eval", "", "`FILE` with examples that are not learnt but evaluated; without it a part of -data is held back"),
		part:      c.Float64("hold-back", 0.1, "`PART` of the questions in -data that is held back"),
		out:       c.String("o", "", "`FOLDER` for the result, and for the state of a training that is interrupted"),
		check:     c.Bool("check", false, "report on the examples and do nothing else"),
		full:      c.Bool("full", false, "train all weights instead of an adapter"),
		scratch:   c.Bool("scratch", false, "train all weights from random ones; of the model only shape and vocabulary count"),
		soFar:     c.Bool("so-far", false, "train no further: write what the interrupted training of -o has come to, and keep its state"),
		rank:      c.Int("rank", 16, "rank of the adapter"),
		alpha:     c.Float64("alpha", 0, "the adapter's change is multiplied by `ALPHA`/rank (default twice the rank)"),
		rs:        c.Bool("rslora", false, "multiply by ALPHA/√rank instead"),
		dropout:   c.Float64("dropout", 0, "`PART` of its inputs that the adapter does not see in training"),
		targets:   c.String("targets", "", "linear `LAYERS` that get an adapter, such as attn_q,attn_v (default all)"),
		epochs:    c.Int("epochs", 3, "how often every example is learnt from"),
		batch:     c.Int("batch", 8, "examples in a step"),
		positions: c.Int("positions", 512, "tokens of one pass over the weights; longer examples are left out"),
		rate:      c.Float64("rate", 0, "highest learning `RATE` (default 2e-4, 5e-5 with -full, 1e-3 with -scratch)"),
		warm:      c.Float64("warm-up", 0.03, "`PART` of all steps in which the rate rises"),
		decay:     c.Float64("decay", 0, "weight decay"),
		clip:      c.Float64("clip", 1, "bound of the gradients' length; 0 for none"),
		every:     c.Int("eval-every", 0, "steps between evaluations (default an epoch)"),
		patience:  c.Int("patience", 2, "evaluations without a better one after which training ends; 0 for never"),
		muon:      c.Float64("muon", 0, "highest learning `RATE` of the layers' matrices where Muon changes them, such as 0.02; 0 for AdamW"),
		ordered:   c.Bool("ordered", false, "learn the examples in the order of the file"),
		seed:      c.Uint64("seed", 0, "the same seed trains the same weights"),
		threads:   c.Int("threads", 0, "threads that compute (default all)"),
	}
	if _, err := c.parse(); err != nil {
		return err
	}
	switch {
	case *f.data == "":
		return wrongUse("-data is missing")
	case *f.out == "" && !*f.check:
		return wrongUse("-o is missing")
	case *f.full && *f.scratch:
		return wrongUse("-scratch trains all weights: leave -full away")
	case !(*f.part >= 0 && *f.part < 1):
		return wrongUse("-hold-back is %g: it is at least 0 and below 1", *f.part)
	case *f.soFar && !*f.full && !*f.scratch:
		return wrongUse("-so-far is for trainings of all weights: say -full or -scratch as well")
	case *f.positions < 2:
		return wrongUse("-positions is %d: it is 2 or more", *f.positions)
	}
	return f.run(c)
}

func (f trainFlags) run(c *call) error {
	set, err := f.examples(c)
	if err != nil || *f.check {
		return err
	}
	base, err := findModel(*f.model)
	if err != nil {
		return err
	}
	state := filepath.Join(*f.out, stateFolder)
	o := f.options()
	o.Folder = state
	result, err := f.result(base)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	t, err := train.New(ctx, base, set.Train, set.Held, o)
	if err != nil {
		return err
	}
	defer t.Close()
	fmt.Fprintf(c.err, "%d steps, %.1f million parameters\n", t.Steps()-t.Step(), float64(t.Parameters())/1e6)
	if *f.soFar {
		return t.WriteModel(ctx, base, result)
	}
	for p, err := range t.Run(ctx) {
		if err != nil {
			return err
		}
		if err := c.printJSON(stepOf(p), ""); err != nil {
			return err
		}
	}
	if a := t.Adapter(); a != nil {
		if err := a.WriteFolder(*f.out); err != nil {
			return err
		}
		if err := a.WriteGGUF(ctx, filepath.Join(*f.out, "adapter.gguf"), kernels.F16); err != nil {
			return err
		}
	} else if err := t.WriteModel(ctx, base, result); err != nil {
		return err
	}
	return os.RemoveAll(state)
}

// result is where a model with trained weights goes. A folder there would only be in the way when all is done.
func (f trainFlags) result(base string) (string, error) {
	info, err := os.Stat(base)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return filepath.Join(*f.out, "model.gguf"), nil
	}
	path := filepath.Join(*f.out, "model")
	if _, err := os.Lstat(path); err == nil && (*f.full || *f.scratch) {
		return "", fmt.Errorf("%s: %w", path, train.ErrExists)
	}
	return path, nil
}

// examples reads the files, and writes the report on them to standard output.
func (f trainFlags) examples(c *call) (set data.Set, err error) {
	v, err := openVocabulary(*f.model)
	if err != nil {
		return set, err
	}
	rows, problems, err := data.ReadFile(*f.data)
	if err != nil {
		return set, err
	}
	var held []data.Row
	if *f.held != "" {
		var more []data.Problem
		if held, more, err = data.ReadFile(*f.held); err != nil {
			return set, err
		}
		for _, p := range more {
			p.Held = true
			problems = append(problems, p)
		}
	}
	set = data.Prepare(rows, held, data.Options{Tokenizer: v.tok, Format: v.format, MaxTokens: *f.positions, HoldBack: *f.part, Seed: *f.seed})
	set.Report.Problems = append(problems, set.Report.Problems...)
	if set.Report.Problems == nil {
		set.Report.Problems = []data.Problem{}
	}
	if err := c.printJSON(set.Report, ""); err != nil {
		return set, err
	}
	if len(set.Train) == 0 {
		return set, fmt.Errorf("%s: %w", *f.data, errNoExamples)
	}
	return set, nil
}

func (f trainFlags) options() train.Options {
	o := train.Options{
		Scratch: *f.scratch, Epochs: *f.epochs, Batch: *f.batch, Positions: *f.positions, Rate: float32(*f.rate), WarmUp: float32(*f.warm),
		Decay: float32(*f.decay), Muon: float32(*f.muon), Ordered: *f.ordered, Clip: float32(*f.clip), Seed: *f.seed, EvalEvery: *f.every, Patience: *f.patience, Threads: *f.threads,
	}
	if o.Clip == 0 {
		o.Clip = -1
	}
	if *f.full || *f.scratch {
		return o
	}
	o.LoRA = &train.LoRA{Rank: *f.rank, Alpha: float32(*f.alpha), RSLoRA: *f.rs, Dropout: float32(*f.dropout)}
	if *f.alpha == 0 {
		o.LoRA.Alpha = float32(2 * *f.rank)
	}
	if *f.targets != "" {
		o.LoRA.Targets = strings.Split(*f.targets, ",")
	}
	return o
}

// step is a line of the output.
type step struct {
	Step            int         `json:"step"`
	Steps           int         `json:"steps"`
	Epoch           int         `json:"epoch"`
	Loss            json.Number `json:"loss,omitempty"`
	EvalLoss        json.Number `json:"eval_loss,omitempty"`
	Best            bool        `json:"best,omitempty"`
	Rate            float32     `json:"rate"`
	Norm            float64     `json:"gradient_norm"`
	Tokens          int         `json:"tokens"`
	TokensPerSecond float64     `json:"tokens_per_second"`
}

func stepOf(p train.Progress) step {
	number := func(v float64) json.Number {
		if math.IsNaN(v) { // was not computed
			return ""
		}
		return json.Number(fmt.Sprintf("%.6f", v))
	}
	return step{p.Step, p.Steps, p.Epoch, number(p.Loss), number(p.EvalLoss), p.Best, p.Rate, p.Norm, p.Tokens, math.Round(p.TokensPerSecond*10) / 10}
}
