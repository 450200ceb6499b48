//go:build !linux

package container

// Memory is a large run of zeroed bytes.
type Memory struct{ data []byte }

// NewMemory returns size bytes.
func NewMemory(size int) (*Memory, error) { return &Memory{make([]byte, size)}, nil }

// Bytes returns the memory, valid until Close.
func (m *Memory) Bytes() []byte { return m.data }

// Close gives the memory back.
func (m *Memory) Close() error {
	m.data = nil
	return nil
}
