package kernels

import "encoding/binary"

// This file arranges weights for the C kernels. Sixteen rows make a panel, so that a vector register holds the
// same columns of all of them and a product needs no sum across a register. Within a panel, 32 columns make a
// tile: eight vectors of 64 bytes, of which vector s has columns 4s to 4s+3 of row r in bytes 4r to 4r+3. Where
// quants have fewer than 8 bits, their low four bits lie in the first four vectors, columns 4s in the low
// nibbles and 16+4s in the high ones, and what is above them follows, except for Q5_0:
//
//	Q4_0, Q4_K   [4][64] nibbles
//	Q5_0         [5][64] bytes: vectors 0 to 4 in the low five bits, vectors 5 to 7 above them, see fiveBits
//	Q6_K         [4][64] nibbles, [2][64] bytes: byte 4r+i of vector h has two bits each of columns 16h+4f+i, f = 0…3
//	Q8_0         [8][64] bytes, 128 added
//
// Scales lie apart: [panels][cols/32][16] halves; for the K types [panels][cols/256] groups of
//
//	Q4_K   d [16] halves, dmin [16] halves, then for every tile scales [16] and minima [16], bytes
//	Q6_K   d [16] halves, then for every tile the scales of its halves [2][16], signed bytes
//
// F32, F16 and BF16 are [panels][cols][16] elements without scales. Rows beyond the last are zero.
const (
	panelRows = 16
	tileCols  = 32
)

// LayoutVersion changes with the arrangement, so that weights kept on disk in another one are made anew.
const LayoutVersion = 2

// arrangement says how a type is packed.
type arrangement struct {
	tile        int // bytes of a tile
	scales      int // bytes of the scales of scaleCols columns
	scaleCols   int
	packPanel   func(quants, scales []byte, m Matrix, panel int)
	fromColumns bool // quants are floats, [cols][16]
}

var arrangements = map[Type]arrangement{
	Q4_0: {256, 32, 32, packQ4_0, false},
	Q5_0: {320, 32, 32, packQ5_0, false},
	Q8_0: {512, 32, 32, packQ8_0, false},
	Q4_K: {256, 320, 256, packQ4_K, false},
	Q6_K: {384, 288, 256, packQ6_K, false},
	F16:  {1024, 0, 32, packWide, true},
	BF16: {1024, 0, 32, packWide, true},
	F32:  {2048, 0, 32, packWide, true},
}

func panels(rows int) int { return (rows + panelRows - 1) / panelRows }

// sizes returns the bytes of all quants and of all scales of m.
func (a arrangement) sizes(m Matrix) (quants, scales int) {
	if a.fromColumns {
		return panels(m.Rows) * m.Cols * panelRows * m.Type.BlockBytes(), 0
	}
	return panels(m.Rows) * (m.Cols / tileCols) * a.tile, panels(m.Rows) * (m.Cols / a.scaleCols) * a.scales
}

// rowsOf returns the rows that a panel has, fewer than 16 in the last one.
func rowsOf(m Matrix, panel int) int { return min(panelRows, m.Rows-panel*panelRows) }

// word puts four bytes of row r into vector s of a tile.
func word(tile []byte, s, r int, v uint32) { binary.LittleEndian.PutUint32(tile[64*s+4*r:], v) }

func packQ4_0(quants, scales []byte, m Matrix, panel int) {
	blocks := m.Cols / 32
	for r := range rowsOf(m, panel) {
		row := m.Row(panel*panelRows + r)
		for b := range blocks {
			src, tile := row[18*b:][:18], quants[256*b:][:256]
			copy(scales[32*b+2*r:], src[:2])
			for s := range 4 { // the nibbles of a block already lie as a tile wants them
				word(tile, s, r, binary.LittleEndian.Uint32(src[2+4*s:]))
			}
		}
	}
}

func packQ5_0(quants, scales []byte, m Matrix, panel int) {
	var q [tileCols]uint8
	for r := range rowsOf(m, panel) {
		row := m.Row(panel*panelRows + r)
		for b := range m.Cols / 32 {
			src := row[22*b:][:22]
			copy(scales[32*b+2*r:], src[:2])
			high := binary.LittleEndian.Uint32(src[2:])
			for i := range 16 {
				q[i] = src[6+i]&15 | uint8(high>>i&1)<<4
				q[16+i] = src[6+i]>>4 | uint8(high>>(16+i)&1)<<4
			}
			fiveBits(quants[320*b:][:320], r, &q)
		}
	}
}

func packQ8_0(quants, scales []byte, m Matrix, panel int) {
	blocks := m.Cols / 32
	for r := range rowsOf(m, panel) {
		row := m.Row(panel*panelRows + r)
		for b := range blocks {
			src, tile := row[34*b:][:34], quants[512*b:][:512]
			copy(scales[32*b+2*r:], src[:2])
			for s := range 8 {
				word(tile, s, r, binary.LittleEndian.Uint32(src[2+4*s:])^0x80808080)
			}
		}
	}
}

// nibbles puts 32 quants of row r into the first four vectors of a tile.
func nibbles(tile []byte, r int, q *[tileCols]uint8) {
	for s := range 4 {
		for i := range 4 {
			tile[64*s+4*r+i] = q[4*s+i]&15 | q[16+4*s+i]<<4
		}
	}
}

// fiveBits puts 32 quants of row r into a tile of five vectors. Above the quants of vectors 0, 1 and 2 are three bits of
// vectors 5, 6 and 7. The two that are left of 5 and 6 are above those of 3 and 4, and above these one each of 7: so
// that unpacking takes few operations on whole vectors.
func fiveBits(tile []byte, r int, q *[tileCols]uint8) {
	for i := range 4 {
		at := tile[4*r+i:]
		u, v, w := q[20+i], q[24+i], q[28+i]
		at[0] = q[i] | u<<5
		at[64] = q[4+i] | v<<5
		at[128] = q[8+i] | w<<5
		at[192] = q[12+i] | u>>3<<5 | w>>3<<7
		at[256] = q[16+i] | v>>3<<5 | w>>4<<7
	}
}

// fromFiveBits returns the quants of row r of such a tile.
func fromFiveBits(tile []byte, r int) (q [tileCols]uint8) {
	for i := range 4 {
		at := tile[4*r+i:]
		for s := range 5 {
			q[4*s+i] = at[64*s] & 31
		}
		q[20+i] = at[0]>>5 | at[192]>>2&24
		q[24+i] = at[64]>>5 | at[256]>>2&24
		q[28+i] = at[128]>>5 | at[192]>>4&8 | at[256]>>3&16
	}
	return q
}

func packQ4_K(quants, scales []byte, m Matrix, panel int) {
	var q [tileCols]uint8
	for r := range rowsOf(m, panel) {
		row := m.Row(panel*panelRows + r)
		for super := range m.Cols / superBlock {
			src, group := row[144*super:][:144], scales[320*super:][:320]
			copy(group[2*r:], src[:2])
			copy(group[32+2*r:], src[2:4])
			scale, minimum := unpackScales(src[4:16])
			for g := range 8 {
				group[64+32*g+r], group[64+32*g+16+r] = scale[g], minimum[g]
				for i := range q {
					q[i] = src[16+g/2*32+i] >> (4 * (g & 1)) & 15
				}
				nibbles(quants[256*(8*super+g):], r, &q)
			}
		}
	}
}

func packQ6_K(quants, scales []byte, m Matrix, panel int) {
	var q [tileCols]uint8
	for r := range rowsOf(m, panel) {
		row := m.Row(panel*panelRows + r)
		for super := range m.Cols / superBlock {
			src, group := row[210*super:][:210], scales[288*super:][:288]
			copy(group[2*r:], src[208:210])
			for g := range 8 {
				half, k := g/4, g%4
				low, high := src[64*half+32*(k&1):], src[128+32*half:]
				for i := range q {
					q[i] = low[i]>>(4*(k>>1))&15 | high[i]>>(2*k)&3<<4
				}
				tile := quants[384*(8*super+g):]
				nibbles(tile, r, &q)
				for i, v := range q {
					s := i / 4
					tile[256+64*(s/4)+4*r+i%4] |= v >> 4 << (2 * (s % 4))
				}
				group[32+32*g+r], group[32+32*g+16+r] = src[192+2*g], src[192+2*g+1]
			}
		}
	}
}

func packWide(quants, _ []byte, m Matrix, panel int) {
	n := m.Type.BlockBytes()
	for r := range rowsOf(m, panel) {
		row := m.Row(panel*panelRows + r)
		for c := range m.Cols {
			copy(quants[(c*panelRows+r)*n:][:n], row[c*n:])
		}
	}
}
