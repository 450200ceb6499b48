package library

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"

	"lamplight/engine/gguf"
	"lamplight/engine/source"
	"lamplight/kernels"
)

// input is a model that is read in order to be written anew: its tensors under the names of GGUF and with the
// values of GGUF, and its metadata.
type input struct {
	tensors  []gguf.Tensor
	paths    []string
	metadata func(w *gguf.Writer) error
	release  func() // gives the memory of what was read back
	close    func() error
}

// openInput opens a GGUF file, any part of a split one, or a Hugging Face folder.
func openInput(path string) (*input, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return openFolder(path)
	}
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	in := &input{tensors: f.Tensors(), paths: f.Paths(), release: f.Release, close: f.Close}
	in.metadata = func(w *gguf.Writer) error {
		w.CopyMetadata(f)
		return nil
	}
	return in, nil
}

// openFolder opens a Hugging Face folder. Of a model that sees pictures too it is the language model.
func openFolder(path string) (_ *input, err error) {
	src, err := source.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			src.Close()
		}
	}()
	if err := src.Check(); err != nil {
		return nil, err
	}
	if _, err := src.Vocab(); err != nil {
		return nil, err
	}
	in := &input{paths: src.Facts().Files, release: src.Release, close: src.Close}
	in.metadata = func(w *gguf.Writer) error { return describeGemma3(w, src) }
	for _, name := range src.Tensors() {
		t, err := tensorOf(src, name)
		if err != nil {
			return nil, err
		}
		in.tensors = append(in.tensors, t)
	}
	return in, nil
}

// tensorOf returns a tensor as a GGUF file has it: matrices as they are, gains of norms whole and in F32.
func tensorOf(src *source.Source, name string) (gguf.Tensor, error) {
	if !strings.HasSuffix(name, "_norm.weight") {
		m, err := src.Matrix(name)
		return gguf.Tensor{Name: name, Shape: []int{m.Cols, m.Rows}, Type: m.Type, Data: m.Data}, err
	}
	gain, err := src.Vector(name)
	data := make([]byte, 0, 4*len(gain))
	for _, v := range gain {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return gguf.Tensor{Name: name, Shape: []int{len(gain)}, Type: kernels.F32, Data: data}, err
}

// layersOf27B has queries scaled by √(E/heads) where the others have √D. Readers of GGUF go by the number of layers.
const layersOf27B = 62

// describeGemma3 sets the metadata that llama.cpp asks for, in exactly the types that it asks for. What GGUF has no
// way to say is refused, because a reader would compute something else.
func describeGemma3(w *gguf.Writer, src *source.Source) error {
	c, facts := src.Config(), src.Facts()
	text := func(key, v string) {
		if v != "" {
			w.Set(key, gguf.Scalar(v))
		}
	}
	number := func(key string, v int) { w.Set("gemma3."+key, gguf.Scalar(uint32(v))) }
	real := func(key string, v float32) { w.Set("gemma3."+key, gguf.Scalar(v)) }

	text("general.architecture", c.Architecture)
	text("general.type", "model")
	text("general.name", facts.Name)
	organization, _, _ := strings.Cut(facts.Origin, "/")
	text("general.organization", organization)
	text("general.license", facts.License)

	number("context_length", c.ContextLength)
	number("embedding_length", c.Hidden)
	number("block_count", c.Layers)
	number("feed_forward_length", c.FeedForward)
	number("attention.head_count", c.Heads)
	number("attention.head_count_kv", c.KVHeads)
	number("attention.key_length", c.HeadDim)
	number("attention.value_length", c.HeadDim)
	real("attention.layer_norm_rms_epsilon", c.RMSEpsilon)
	number("attention.sliding_window", c.Window)
	real("rope.freq_base", c.RopeBase)
	if c.RopeBaseLocal != 10_000 {
		real("rope.freq_base_swa", c.RopeBaseLocal)
	}
	if c.RopeScale != 1 {
		w.Set("gemma3.rope.scaling.type", gguf.Scalar("linear"))
		real("rope.scaling.factor", c.RopeScale)
	}
	if c.FinalSoftcap > 0 {
		real("final_logit_softcapping", c.FinalSoftcap)
	}
	for i, global := range c.Global {
		if global != ((i+1)%6 == 0) {
			return fmt.Errorf("layer %d: a GGUF file cannot say which layers are global if not every sixth is: %w", i, source.ErrUnsupported)
		}
	}
	perHead := float64(c.HeadDim)
	if c.Layers == layersOf27B {
		perHead = float64(c.Hidden) / float64(c.Heads)
	}
	if want := 1 / math.Sqrt(perHead); math.Abs(float64(c.QueryScale)-want) > 1e-6*want {
		return fmt.Errorf("queries are scaled by %g, which a GGUF file cannot say: %w", c.QueryScale, source.ErrUnsupported)
	}
	suggest(w, src)
	text("tokenizer.chat_template", src.Template())
	return describeVocab(w, src)
}

// suggest sets how the makers of the model would have it sampled.
func suggest(w *gguf.Writer, src *source.Source) {
	p := src.Sampling()
	w.Set("general.sampling.temp", gguf.Scalar(p.Temperature))
	if p.TopK > 0 {
		w.Set("general.sampling.top_k", gguf.Scalar(int32(p.TopK)))
	}
	for _, s := range []struct {
		key string
		v   float32
	}{{"top_p", p.TopP}, {"min_p", p.MinP}, {"penalty_repeat", p.RepeatPenalty}} {
		if s.v > 0 {
			w.Set("general.sampling."+s.key, gguf.Scalar(s.v))
		}
	}
}

func describeVocab(w *gguf.Writer, src *source.Source) error {
	v, err := src.Vocab()
	if err != nil {
		return err
	}
	set := func(key string, v gguf.Value) { w.Set("tokenizer.ggml."+key, v) }
	kinds := make([]int32, len(v.Kinds))
	for i, k := range v.Kinds {
		kinds[i] = int32(k)
	}
	set("model", gguf.Scalar("llama")) // SentencePiece-style
	set("pre", gguf.Scalar("default"))
	set("tokens", gguf.List(v.Tokens))
	set("scores", gguf.List(v.Scores))
	set("token_type", gguf.List(kinds))

	var stops []int32
	endOfTurn := -1
	for _, id := range src.StopTokens() {
		stops = append(stops, int32(id))
		if v.Tokens[id] == "<end_of_turn>" {
			endOfTurn = int(id)
		}
	}
	for _, s := range []struct {
		key string
		id  int
	}{
		{"bos", int(v.BOS)}, {"eos", int(v.EOS)}, {"eot", endOfTurn}, {"unknown", int(v.Unknown)}, {"padding", int(v.Padding)},
	} {
		if s.id >= 0 {
			set(s.key+"_token_id", gguf.Scalar(uint32(s.id)))
		}
	}
	if len(stops) > 0 {
		set("eos_token_ids", gguf.List(stops))
	}
	set("add_bos_token", gguf.Scalar(v.AddBOS))
	set("add_eos_token", gguf.Scalar(false))
	set("add_space_prefix", gguf.Scalar(v.AddSpacePrefix))
	return nil
}

// MadeFrom writes on the card of the model id, if it was imported from the file made, that it was made here from another
// model of the library: made is about to go, and what it shares with the library is the library's own.
func (l *Library) MadeFrom(id, made, base string) error {
	from, err := l.get(base)
	if err != nil {
		return written(err)
	}
	return written(l.edit(id, func(c *Card) {
		if c.Source != strings.ToValidUTF8(made, "\uFFFD") {
			return // this content was there before
		}
		c.Linked, c.Source = false, strings.ToValidUTF8(from.Path, "\uFFFD")
		if c.License == "" {
			c.License = from.Card.License
		}
	}))
}
