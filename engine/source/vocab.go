package source

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"lamplight/engine/gguf"
	"lamplight/engine/safetensors"
	"lamplight/tokenizer"
)

// controlTokens are control tokens in every Gemma 3, whatever its files say: the first official GGUF files
// typed some of them wrongly, and tokenizer.model has others as user-defined.
var controlTokens = []string{
	"<pad>", "<eos>", "<bos>", "<unk>",
	"<start_of_turn>", "<end_of_turn>",
	"<start_of_image>", "<end_of_image>", "<image_soft_token>",
}

// stopTexts end an answer when a control token has them as text.
var stopTexts = []string{
	"<end_of_turn>", "<eos>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>",
}

// spaceMark stands for a space in the pieces that merging makes. User-defined tokens are matched in text
// before that and have real spaces.
const spaceMark = "\u2581"

// fillerScore is the score of tokens that no merge makes.
const fillerScore = -1000

// Vocab returns the vocabulary, with exactly as many tokens as the embedding has rows: rows without a token
// get an unused filler, as "[PAD0]". It is read once; do not change it.
func (s *Source) Vocab() (tokenizer.Vocab, error) { return s.vocab() }

// DropVocab forgets the vocabulary, which is most of what a source keeps in memory, once whoever needs it has it: Vocab
// fails from then on. Nothing else may use s at the same time.
func (s *Source) DropVocab() {
	s.files.dropVocab()
	s.vocab = func() (tokenizer.Vocab, error) {
		return tokenizer.Vocab{}, fmt.Errorf("source: %s: the vocabulary was dropped", s.path)
	}
}

func (s *Source) readVocab() (tokenizer.Vocab, error) {
	v, err := s.files.vocab()
	if err == nil {
		err = fit(&v, s.config.Vocab)
	}
	if err != nil {
		return tokenizer.Vocab{}, fmt.Errorf("source: %s: vocabulary: %w", s.path, err)
	}
	for id, text := range v.Tokens {
		switch kind := &v.Kinds[id]; {
		case *kind == tokenizer.UserDefined && strings.Contains(text, spaceMark):
			v.Tokens[id] = strings.ReplaceAll(text, spaceMark, " ") // some converters leave the mark
		case *kind != tokenizer.Unknown && strings.HasPrefix(text, "<") && slices.Contains(controlTokens, text):
			*kind = tokenizer.Control // <unk> may also be of the kind that is named after it
		}
	}
	return v, nil
}

// fit makes v have a token for each of the rows of the embedding. Tokens past the last row are dropped, if
// text cannot make them: Hugging Face's tokenizer has one for images that text-only models have no row for.
func fit(v *tokenizer.Vocab, rows int) error {
	n := len(v.Tokens)
	if n == 0 || len(v.Scores) != n || len(v.Kinds) != n {
		return fmt.Errorf("%d tokens, %d scores, %d types: %w", n, len(v.Scores), len(v.Kinds), ErrInvalid)
	}
	for id := rows; id < n; id++ {
		if k := v.Kinds[id]; k == tokenizer.Normal || k == tokenizer.Byte {
			return fmt.Errorf("%d tokens for an embedding of %d rows: %w", n, rows, ErrInvalid)
		}
	}
	n = min(n, rows)
	v.Tokens, v.Scores, v.Kinds = v.Tokens[:n], v.Scores[:n], v.Kinds[:n]
	for i := range rows - n {
		v.Tokens = append(v.Tokens, "[PAD"+strconv.Itoa(i)+"]")
		v.Scores = append(v.Scores, fillerScore)
		v.Kinds = append(v.Kinds, tokenizer.Unused)
	}
	for _, special := range []struct {
		name string
		id   tokenizer.ID
	}{{"bos", v.BOS}, {"eos", v.EOS}, {"unknown", v.Unknown}, {"padding", v.Padding}} {
		if special.id < -1 || int(special.id) >= rows {
			return fmt.Errorf("%s token %d of %d: %w", special.name, special.id, rows, ErrInvalid)
		}
	}
	return nil
}

// StopTokens returns the tokens that end an answer, in ascending order: those that any of the model's files
// names, and the control tokens that are known to do so. Empty if the vocabulary cannot be read.
func (s *Source) StopTokens() []tokenizer.ID {
	v, err := s.Vocab()
	if err != nil {
		return nil
	}
	stop := map[tokenizer.ID]bool{}
	for _, id := range s.files.stopIDs() {
		if id >= 0 && id < int64(len(v.Tokens)) {
			stop[tokenizer.ID(id)] = true
		}
	}
	for id, kind := range v.Kinds {
		if kind == tokenizer.Control && slices.Contains(stopTexts, v.Tokens[id]) {
			stop[tokenizer.ID(id)] = true
		}
	}
	return slices.Sorted(maps.Keys(stop))
}

// Metadata of the tokenizer in GGUF files.
const (
	tokensKey       = "tokenizer.ggml.tokens"
	scoresKey       = "tokenizer.ggml.scores"
	typesKey        = "tokenizer.ggml.token_type"
	mergesKey       = "tokenizer.ggml.merges" // not used by this family
	addBOSKey       = "tokenizer.ggml.add_bos_token"
	spacePrefixKey  = "tokenizer.ggml.add_space_prefix"
	eosIDsKey       = "tokenizer.ggml.eos_token_ids"
	sentencePiece   = "llama" // what GGUF calls SentencePiece-style BPE
	tokenizerFamily = "tokenizer.ggml.model"
)

func (f ggufFiles) vocab() (tokenizer.Vocab, error) {
	var v tokenizer.Vocab
	family, err := f.String(tokenizerFamily)
	if err == nil && family != sentencePiece {
		err = fmt.Errorf("tokenizer %q: %w", family, ErrUnsupported)
	}
	if err != nil {
		return v, missing(err)
	}
	types, typesErr := f.Ints(typesKey)
	scores, scoresErr := f.Floats(scoresKey)
	tokens, tokensErr := f.Strings(tokensKey)
	if err := cmp.Or(tokensErr, scoresErr, typesErr); err != nil {
		return v, missing(err)
	}
	v.Tokens, v.Scores = tokens, scores
	for id, t := range types {
		if t < int64(tokenizer.Normal) || t > int64(tokenizer.Byte) {
			return v, fmt.Errorf("token %d has type %d: %w", id, t, ErrInvalid)
		}
		v.Kinds = append(v.Kinds, tokenizer.Kind(t))
	}
	for _, special := range []struct {
		id        *tokenizer.ID
		key, text string
	}{
		{&v.BOS, "tokenizer.ggml.bos_token_id", "<bos>"},
		{&v.EOS, "tokenizer.ggml.eos_token_id", "<eos>"},
		{&v.Unknown, "tokenizer.ggml.unknown_token_id", "<unk>"},
		{&v.Padding, "tokenizer.ggml.padding_token_id", "<pad>"},
	} {
		if *special.id, err = f.tokenID(special.key, special.text, v.Tokens); err != nil {
			return v, err
		}
	}
	// Without the keys: every Gemma begins with <bos> and puts no space before a text.
	if v.AddBOS, err = f.flag(addBOSKey, true); err != nil {
		return v, err
	}
	v.AddSpacePrefix, err = f.flag(spacePrefixKey, false)
	return v, err
}

// missing marks the absence of a key as an invalid description.
func missing(err error) error {
	if errors.Is(err, gguf.ErrNoKey) {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return err
}

// tokenID reads the id of a special token; without the key it is the token with the given text, or -1.
func (f ggufFiles) tokenID(key, text string, tokens []string) (tokenizer.ID, error) {
	id, err := f.Int(key)
	if errors.Is(err, gguf.ErrNoKey) {
		return tokenizer.ID(slices.Index(tokens, text)), nil
	}
	if err == nil && (id < 0 || id > math.MaxInt32) {
		err = fmt.Errorf("key %q is %d: %w", key, id, ErrInvalid)
	}
	return tokenizer.ID(id), err
}

func (f ggufFiles) flag(key string, fallback bool) (bool, error) {
	b, err := f.Bool(key)
	if errors.Is(err, gguf.ErrNoKey) {
		return fallback, nil
	}
	return b, err
}

func (f ggufFiles) stopIDs() []int64 {
	ids, _ := f.Ints(eosIDsKey)
	for _, name := range []string{"eos", "eot", "eom"} {
		if id, err := f.Int("tokenizer.ggml." + name + "_token_id"); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

func (f *folderFiles) vocab() (v tokenizer.Vocab, err error) {
	b, err := f.Read(safetensors.TokenizerModelFile)
	switch {
	case err == nil:
		v, err = tokenizer.ParseSentencePiece(b)
	case errors.Is(err, fs.ErrNotExist):
		if b, err = f.Read(safetensors.TokenizerFile); err == nil {
			v, err = tokenizer.ParseHuggingFace(b)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return v, fmt.Errorf("neither %s nor %s: %w", safetensors.TokenizerModelFile, safetensors.TokenizerFile, safetensors.ErrMissingPart)
	}
	if err != nil {
		return v, err
	}
	return v, f.addTokens(&v)
}

// addTokens applies tokenizer_config.json, which says what is a control token and has tokens that were added
// after tokenizer.model was made.
func (f *folderFiles) addTokens(v *tokenizer.Vocab) error {
	v.AddBOS = true
	b, err := f.Read(safetensors.TokenizerConfigFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var config struct {
		AddBOS *bool `json:"add_bos_token"`
		Added  map[string]struct {
			Content string
			Special bool
		} `json:"added_tokens_decoder"`
	}
	if err := json.Unmarshal(b, &config); err != nil {
		return fmt.Errorf("%s: %w: %w", safetensors.TokenizerConfigFile, ErrInvalid, err)
	}
	if config.AddBOS != nil {
		v.AddBOS = *config.AddBOS
	}
	for id := range len(v.Tokens) + len(config.Added) {
		t, ok := config.Added[strconv.Itoa(id)]
		kind := tokenizer.UserDefined
		if t.Special {
			kind = tokenizer.Control
		}
		switch {
		case id == len(v.Tokens) && ok:
			v.Tokens = append(v.Tokens, t.Content)
			v.Scores = append(v.Scores, fillerScore)
			v.Kinds = append(v.Kinds, kind)
		case id == len(v.Tokens):
			return nil // a gap: what is beyond it is left to fillers
		case ok && t.Special && t.Content == v.Tokens[id] && v.Kinds[id] != tokenizer.Unknown:
			v.Kinds[id] = tokenizer.Control
		}
	}
	return nil
}

func (f *folderFiles) stopIDs() []int64 {
	var ids []int64
	for _, o := range []object{f.top, f.text, f.generation} {
		ids = append(ids, o.lenient().ids("eos_token_id")...)
	}
	return ids
}
