package kernels

import (
	"encoding/hex"
	"math"
	"math/rand/v2"
	"testing"
)

var quantTypes = []Type{F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K}

// TestEncodeVectors compares with blocks that an independent quantizer made of the same 32 values.
func TestEncodeVectors(t *testing.T) {
	x := make([]float32, 32)
	for j := range x {
		x[j] = (float32(7*j%32) - 15.5) / 8
	}
	for typ, want := range map[Type]string{
		Q4_0: "c03380c4f73b6ea2d5194c8fb3f72a6e91d5",
		Q4_1: "2234c0bf80b3f72a6e91d5084c7fb3e62a5d91c4",
		Q5_0: "c02f983367cc1087fe56cd43ba1289ff76ed45bc32a9",
		Q5_1: "0030c0bf983367cc0077ee55cc33aa1188ff66dd44bb2299",
		Q8_0: "d02381baf42d669ad30c467fb2ec255e91cb043d77aae31d5689c3fc356fa2db144e",
	} {
		got := make([]byte, typ.BlockBytes())
		if err := Encode(typ, got, x); err != nil {
			t.Fatal(err)
		}
		if hex.EncodeToString(got) != want {
			t.Errorf("%s: got %x, want %s", typ, got, want)
		}
	}
}

// TestEncodeTies has a value on the border of two quants, where rounding once and twice differ: with a scale of
// 5/256, -6.5/51.2 is quant 1, as in files that llama.cpp made of bfloat16 weights.
func TestEncodeTies(t *testing.T) {
	x := make([]float32, 32)
	x[0], x[1] = -0.15625, -0.126953125
	got := make([]byte, Q4_0.BlockBytes())
	if err := Encode(Q4_0, got, x); err != nil {
		t.Fatal(err)
	}
	if lo := [2]byte{got[2] & 15, got[3] & 15}; lo != [2]byte{0, 1} {
		t.Errorf("quants %v, want 0 and 1", lo)
	}
}

// TestDecodeVectors decodes blocks filled with p_i = (37i+11) mod 256, skipping the half floats, and compares
// with values computed independently.
func TestDecodeVectors(t *testing.T) {
	at := []int{0, 1, 15, 16, 31, 32, 63, 64, 127, 128, 200, 255}
	for _, tt := range []struct {
		typ     Type
		d, dmin int // offsets of the half floats, -1: none
		want    [12]float32
		sum     float64
	}{
		{Q2_K, 80, 82, [12]float32{2.0625, 0, 1.375, -.09375, -.09375, .46875, .40625, .65625, 2.625, .46875, .5, .28125}, 128.6875},
		{Q3_K, 108, -1, [12]float32{5.0625, -6.75, -3.375, -6, 4, -1.375, .625, 2.125, 4.5, .125, 1.5625, 2.625}, 59.875},
		{Q4_K, 0, 2, [12]float32{3.84375, 7.28125, .40625, 3.84375, .40625, 35.875, 11.875, 7.90625, 50.3125, .21875, 25.46875, 1.9375}, 2781.5},
		{Q5_K, 0, 2, [12]float32{14.84375, 7.28125, .40625, 14.84375, .40625, 65.875, 89.875, 28.90625, 28.5625, .21875, 54.46875, 13.1875}, 5770.5},
		{Q6_K, 208, -1, [12]float32{-89.4375, 106, -19.875, -27, -6, 14.4375, -36.25, -190, 93.75, -21.9375, 68.0625, -3.75}, 288.25},
	} {
		block := make([]byte, tt.typ.BlockBytes())
		isHalf := func(i int) bool {
			return i == tt.d || i == tt.d+1 || tt.dmin >= 0 && (i == tt.dmin || i == tt.dmin+1)
		}
		n := 0
		for i := range block {
			if !isHalf(i) {
				block[i] = byte(37*n + 11)
				n++
			}
		}
		putHalf(block[tt.d:], 0.0625)
		if tt.dmin >= 0 {
			putHalf(block[tt.dmin:], 0.03125)
		}
		x := make([]float32, 256)
		Decode(tt.typ, x, block)
		for i, j := range at {
			if x[j] != tt.want[i] {
				t.Errorf("%s: element %d: got %v, want %v", tt.typ, j, x[j], tt.want[i])
			}
		}
		sum := 0.0
		for _, v := range x {
			sum += float64(v)
		}
		if sum != tt.sum {
			t.Errorf("%s: sum %v, want %v", tt.typ, sum, tt.sum)
		}
	}
}

// TestRoundTripError bounds the relative RMS error of quantizing Gaussian weights by what the formats are
// known to reach, with 5 % to spare.
func TestRoundTripError(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	x := make([]float32, 64*256)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	for typ, want := range map[Type]float64{
		F32: 0, F16: .0003, BF16: .0020,
		Q8_0: .0054, Q6_K: .018, Q5_K: .036, Q5_1: .038, Q5_0: .043, Q4_K: .071, Q4_1: .078, Q4_0: .086,
	} {
		packed := make([]byte, typ.RowBytes(len(x)))
		if err := Encode(typ, packed, x); err != nil {
			t.Fatal(err)
		}
		y := make([]float32, len(x))
		Decode(typ, y, packed)
		var diff, norm float64
		for i := range x {
			d := float64(x[i] - y[i])
			diff += d * d
			norm += float64(x[i]) * float64(x[i])
		}
		if got := math.Sqrt(diff / norm); got > want*1.05 {
			t.Errorf("%s: relative error %.4f, want at most %.4f", typ, got, want*1.05)
		}
	}
}

// TestStoredFormIsStable holds that quantizing what was decoded gives the same values again, for the types
// whose blocks contain their own extremes.
func TestStoredFormIsStable(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, typ := range []Type{F32, F16, BF16, Q8_0, Q4_0, Q5_0} {
		x := make([]float32, 32*64)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		a, b := make([]byte, typ.RowBytes(len(x))), make([]byte, typ.RowBytes(len(x)))
		y, z := make([]float32, len(x)), make([]float32, len(x))
		Encode(typ, a, x)
		Decode(typ, y, a)
		Encode(typ, b, y)
		Decode(typ, z, b)
		for i := range y {
			if d := abs(y[i] - z[i]); d > 1e-3*abs(y[i]) {
				t.Fatalf("%s: element %d: %v became %v", typ, i, y[i], z[i])
			}
		}
	}
}

// TestEncodeHostile feeds values that no weight should have: nothing may panic.
func TestEncodeHostile(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for name, v := range map[string]float32{
		"zero": 0, "infinity": inf, "minus infinity": -inf, "nan": nan, "largest": math.MaxFloat32, "subnormal": 1e-42, "constant": 3,
	} {
		for _, mixed := range []bool{false, true} {
			x := make([]float32, 256)
			for i := range x {
				if !mixed || i%3 == 0 {
					x[i] = v
				}
			}
			for _, typ := range quantTypes {
				if !typ.Encodes() {
					continue
				}
				dst := make([]byte, typ.RowBytes(256))
				if err := Encode(typ, dst, x); err != nil {
					t.Errorf("%s of %s: %v", typ, name, err)
				}
				if v == 0 {
					Decode(typ, x, dst)
					for i := range x {
						if x[i] != 0 {
							t.Fatalf("%s: zero became %v", typ, x[i])
						}
					}
				}
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, typ := range quantTypes {
			block := make([]byte, typ.RowBytes(256))
			for i := range block {
				if len(data) > 0 {
					block[i] = data[i%len(data)]
				}
			}
			x := make([]float32, 256)
			Decode(typ, x, block)
			Encode(typ, block, x)
		}
	})
}

func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		f := F16ToF32(uint16(h))
		if f != f {
			if back := F16ToF32(F32ToF16(f)); back == back {
				t.Fatalf("%#04x: a NaN became %v", h, back)
			}
			continue
		}
		if back := F32ToF16(f); back != uint16(h) {
			t.Fatalf("%#04x is %v and comes back as %#04x", h, f, back)
		}
		// The middle between two neighbours goes to the even one, a little beside it to the nearer.
		next := F16ToF32(uint16(h) + 1)
		if h&0x7FFF >= 0x7BFF || math.IsInf(float64(next), 0) {
			continue
		}
		middle := (f + next) / 2
		even := uint16(h + h&1)
		if got := F32ToF16(middle); got != even {
			t.Fatalf("the middle above %#04x rounds to %#04x, want %#04x", h, got, even)
		}
		if got := F32ToF16(math.Nextafter32(middle, f)); got != uint16(h) {
			t.Fatalf("just below the middle above %#04x rounds to %#04x", h, got)
		}
	}
	for f, want := range map[float32]uint16{65504: 0x7BFF, 65519: 0x7BFF, 65520: 0x7C00, 1e9: 0x7C00, -1e9: 0xFC00, 1e-10: 0} {
		if got := F32ToF16(f); got != want {
			t.Errorf("F32ToF16(%v) = %#04x, want %#04x", f, got, want)
		}
	}
}

func TestBF16(t *testing.T) {
	for f, want := range map[float32]uint16{1: 0x3F80, 1.00390625: 0x3F80, 1.01171875: 0x3F82, -2: 0xC000, math.MaxFloat32: 0x7F80} {
		if got := F32ToBF16(f); got != want {
			t.Errorf("F32ToBF16(%v) = %#04x, want %#04x", f, got, want)
		}
	}
	if f := BF16ToF32(F32ToBF16(float32(math.NaN()))); f == f {
		t.Errorf("a NaN became %v", f)
	}
}

func TestParseType(t *testing.T) {
	for _, typ := range quantTypes {
		if got, err := ParseType(typ.String()); err != nil || got != typ {
			t.Errorf("ParseType(%q) = %v, %v", typ, got, err)
		}
	}
	if _, err := ParseType("q9_9"); err == nil {
		t.Error("q9_9 is taken for a type")
	}
	if Type(133).Known() || Type(133).String() != "type 133" {
		t.Errorf("type 133: %s", Type(133))
	}
}

// TestDecodeSame holds the decoders in C against Decode, bit for bit.
func TestDecodeSame(t *testing.T) {
	for _, k := range Available() {
		for _, typ := range quantTypes {
			for n := typ.BlockSize(); n <= 515; n += max(typ.BlockSize(), 17) {
				src := randomMatrix(t, typ, 1, n).Data
				want, got := make([]float32, n), guardedOf(make([]float32, n), n%4)
				Decode(typ, want, src)
				k.decode(typ, got.x, src)
				got.check(t, n%4)
				for i, v := range got.x {
					if math.Float32bits(v) != math.Float32bits(want[i]) {
						t.Fatalf("%s, %s: element %d of %d is %v, want %v", k.Name, typ, i, n, v, want[i])
					}
				}
			}
		}
	}
}
