package kernels

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"
)

// Kernels is a choice of kernels: the Go reference, or C for what the processor has.
type Kernels struct {
	Name     string  // "go", "avx2", "avxvnni", "avx512" or "neon"
	native   *native // nil for the reference
	bfloat16 bool    // products of bfloat16 pairs in one instruction
}

// Reference returns the kernels in plain Go.
func Reference() Kernels { return Kernels{Name: "go"} }

// Detect chooses the fastest kernels that this build has for this processor. The environment variable
// LAMPLIGHT_KERNELS forces a choice; one that is not possible here is an error.
func Detect() (Kernels, error) {
	name := os.Getenv("LAMPLIGHT_KERNELS")
	if name != "" {
		return Find(name)
	}
	return Available()[0], nil
}

// Find returns the kernels called name. It fails for kernels that this build or this processor lacks.
func Find(name string) (Kernels, error) {
	var names []string
	for _, k := range Available() {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	return Kernels{}, fmt.Errorf("kernels: %q: this program on this processor has %s", name, strings.Join(names, ", "))
}

// Available returns all kernels that can run here, the fastest first and the reference last.
func Available() []Kernels {
	var all []Kernels
	add := func(name string, possible, bfloat16 bool) {
		if n := findNative(name); possible && n != nil {
			all = append(all, Kernels{name, n, bfloat16})
		}
	}
	switch runtime.GOARCH {
	case "amd64":
		x := cpu.X86
		wide := x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512DQ
		narrow := x.HasAVX2 && x.HasFMA // and F16C, which came before them
		add("avx512", wide && x.HasAVX512VNNI && narrow, x.HasAVX512BF16)
		add("avxvnni", narrow && (x.HasAVXVNNI || evex && x.HasAVX512VNNI && x.HasAVX512VL), false)
		add("avx2", narrow, false)
	case "arm64":
		add("neon", cpu.ARM64.HasASIMDDP && cpu.ARM64.HasASIMDHP, false)
	}
	return append(all, Reference())
}

// Norm sets dst to the RMSNorm of x, see [RMSNorm].
func (k Kernels) Norm(dst, x, gain []float32, eps float32) {
	if k.native == nil {
		RMSNorm(dst, x, gain, eps)
		return
	}
	k.native.norm(dst[:len(x)], x, gain[:len(x)], eps)
}

// AddNorm adds the RMSNorm of x to dst.
func (k Kernels) AddNorm(dst, x, gain []float32, eps float32) {
	if k.native == nil {
		scale := normScale(x, eps)
		for i, v := range x {
			dst[i] += float32(v * scale * gain[i])
		}
		return
	}
	k.native.addNorm(dst[:len(x)], x, gain[:len(x)], eps)
}

// Gate sets the columns [from, to) of all rows of x, whole blocks, to GELU(x) ⊙ up, see [GELU], where up lies as x, and
// rounds them: what MulGated does after its products.
func (k Kernels) Gate(x *Activations, up []float32, from, to int) {
	if k.native != nil {
		k.native.gate(x, up, from, to)
		return
	}
	for i := range x.n {
		row, up := x.Row(i)[from:to], up[i*x.cols:][from:to]
		for j, v := range row {
			row[j] = GELU(v) * up[j]
		}
	}
}

// Rotate turns the head x by the angles of its position, see [Rotate].
func (k Kernels) Rotate(x, cos, sin []float32) {
	if k.native == nil {
		Rotate(x, cos, sin)
		return
	}
	k.native.rotate(x, cos[:len(x)/2], sin[:len(x)/2])
}
