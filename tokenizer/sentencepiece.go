package tokenizer

import (
	"fmt"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// controlPieces are the tokens that steer a Gemma model. Files exist that type them as something else.
var controlPieces = map[string]bool{
	"<pad>": true, "<eos>": true, "<bos>": true, "<start_of_turn>": true, "<end_of_turn>": true,
	"<start_of_image>": true, "<end_of_image>": true, "<image_soft_token>": true,
}

// Fields of the messages in a tokenizer.model (sentencepiece_model.proto).
const (
	modelPiece      = 1
	modelTrainer    = 2
	modelNormalizer = 3

	pieceText  = 1
	pieceScore = 2
	pieceKind  = 3

	trainerModelType = 3
	trainerUnknown   = 40
	trainerBOS       = 41
	trainerEOS       = 42
	trainerPadding   = 43

	normalizerDummyPrefix = 3
)

// typeBPE is the model type of byte-pair encoding; the others merge by other rules.
const typeBPE = 2

// ParseSentencePiece reads the vocabulary of a tokenizer.model file.
func ParseSentencePiece(model []byte) (Vocab, error) {
	v := Vocab{BOS: 1, EOS: 2, Unknown: 0, Padding: -1, AddBOS: true, AddSpacePrefix: true}
	kind := uint64(1)
	err := fields(model, func(f protowire.Number, n uint64, body []byte) error {
		switch f {
		case modelPiece:
			return v.addPiece(body)
		case modelTrainer:
			return v.readTrainer(body, &kind)
		case modelNormalizer:
			return fields(body, func(f protowire.Number, n uint64, _ []byte) error {
				if f == normalizerDummyPrefix {
					v.AddSpacePrefix = n != 0
				}
				return nil
			})
		}
		return nil
	})
	if err == nil && kind != typeBPE {
		err = fmt.Errorf("model type %d, only byte-pair encoding (2) can be read", kind)
	}
	if err == nil {
		err = v.check()
	}
	if err != nil {
		return Vocab{}, fmt.Errorf("tokenizer: tokenizer.model: %w", err)
	}
	return v, nil
}

func (v *Vocab) addPiece(body []byte) error {
	text, score, kind := "", float32(0), Normal
	err := fields(body, func(f protowire.Number, n uint64, body []byte) error {
		switch f {
		case pieceText:
			text = string(body)
		case pieceScore:
			score = math.Float32frombits(uint32(n))
		case pieceKind:
			if n > uint64(Byte) {
				return fmt.Errorf("piece %d is of kind %d", len(v.Tokens), n)
			}
			kind = Kind(n)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(v.Tokens) == maxTokens {
		return fmt.Errorf("more than %d pieces", maxTokens)
	}
	switch {
	case controlPieces[text]:
		kind = Control
	case kind == UserDefined: // runs of spaces are matched in text before a space becomes ▁
		text = strings.ReplaceAll(text, space, " ")
	}
	v.Tokens = append(v.Tokens, text)
	v.Scores = append(v.Scores, score)
	v.Kinds = append(v.Kinds, kind)
	return nil
}

func (v *Vocab) readTrainer(body []byte, kind *uint64) error {
	return fields(body, func(f protowire.Number, n uint64, _ []byte) error {
		id := ID(int32(n)) // -1: the model has no such token
		switch f {
		case trainerModelType:
			*kind = n
		case trainerUnknown:
			v.Unknown = id
		case trainerBOS:
			v.BOS = id
		case trainerEOS:
			v.EOS = id
		case trainerPadding:
			v.Padding = id
		}
		return nil
	})
}

// fields walks a protobuf message. f gets the number of a varint or fixed field, or the body of one with a
// length.
func fields(message []byte, f func(field protowire.Number, n uint64, body []byte) error) error {
	for len(message) > 0 {
		field, typ, size := protowire.ConsumeTag(message)
		if size < 0 {
			return fmt.Errorf("damaged: %w", protowire.ParseError(size))
		}
		message = message[size:]
		var n uint64
		var body []byte
		switch typ {
		case protowire.VarintType:
			n, size = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			var word uint32
			word, size = protowire.ConsumeFixed32(message)
			n = uint64(word)
		case protowire.BytesType:
			body, size = protowire.ConsumeBytes(message)
		default:
			size = protowire.ConsumeFieldValue(field, typ, message)
		}
		if size < 0 {
			return fmt.Errorf("damaged: %w", protowire.ParseError(size))
		}
		if err := f(field, n, body); err != nil {
			return err
		}
		message = message[size:]
	}
	return nil
}
