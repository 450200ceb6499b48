package safetensors

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// Write writes a container with the tensors, in their order, to out.
func Write(out io.Writer, tensors []Tensor) error {
	type description struct {
		DType   DType  `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	// The header is put together by hand, because a map would lose the order.
	header := []byte{'{'}
	seen := map[string]bool{metadataKey: true}
	at := 0
	for i, t := range tensors {
		e := entry{t, uint64(at), uint64(at + len(t.Data))}
		if err := e.check(); err != nil {
			return fmt.Errorf("safetensors: tensor %q: %w", t.Name, err)
		}
		if seen[t.Name] {
			return fmt.Errorf("safetensors: tensor %q cannot be added", t.Name)
		}
		seen[t.Name] = true
		name, err := json.Marshal(t.Name)
		if err != nil {
			return fmt.Errorf("safetensors: %w", err)
		}
		text, err := json.Marshal(description{t.DType, append([]int{}, t.Shape...), [2]int{at, at + len(t.Data)}})
		if err != nil {
			return fmt.Errorf("safetensors: %w", err)
		}
		if i > 0 {
			header = append(header, ',')
		}
		header = append(append(append(header, name...), ':'), text...)
		at += len(t.Data)
	}
	header = append(header, '}')
	for len(header)%lengthBytes != 0 { // so that the data is aligned
		header = append(header, ' ')
	}

	buffer := bufio.NewWriter(out)
	buffer.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header))))
	buffer.Write(header)
	for _, t := range tensors {
		buffer.Write(t.Data)
	}
	if err := buffer.Flush(); err != nil { // the first error of all writes
		return fmt.Errorf("safetensors: %w", err)
	}
	return nil
}
