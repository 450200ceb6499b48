package engine

import (
	"lamplight/engine/internal/container"
	"lamplight/kernels"
)

// Roofline measures what this machine can do at most with the model's threads and kernels, in memory as weights lie in.
// It takes about a second and 512 MB. The limits are zero for the reference kernels, which come near none.
func (m *Model) Roofline() (kernels.Roofline, error) {
	memory, err := container.NewMemory(512 << 20)
	if err != nil {
		return kernels.Roofline{}, err
	}
	defer memory.Close()
	data := memory.Bytes()
	for i := range data {
		data[i] = byte(i) // memory that was never written need not be read
	}
	return m.k.MeasureRoofline(m.pool, data), nil
}
