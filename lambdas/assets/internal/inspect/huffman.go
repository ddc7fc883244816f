package inspect

import "math"

// huffmanCode is a code as ITU-T T.81, F.2.2.3 decodes it.
type huffmanCode struct {
	least, most [17]int32 // the codes of each length; most is -1 when there are none
	start       [17]int   // of the values of each length
	values      []byte
}

// huffman reads tables of codes (B.2.4.2).
func (d *sampledDecoder) huffman(body []byte) error {
	for len(body) > 0 {
		if len(body) < 17 || body[0]>>4 > 1 || body[0]&15 > 3 {
			return errBroken
		}
		code := &huffmanCode{}
		next, total := int32(0), 0
		for length := 1; length <= 16; length++ {
			n := int(body[length])
			code.least[length], code.start[length], code.most[length] = next, total, -1
			if n > 0 {
				code.most[length] = next + int32(n) - 1
			}
			next = (next + int32(n)) << 1
			total += n
		}
		if len(body) < 17+total {
			return errBroken
		}
		code.values = body[17 : 17+total]
		d.codes[body[0]>>4][body[0]&15] = code
		body = body[17+total:]
	}
	return nil
}

// bit is the next bit of the scan. At a marker there are no more.
func (d *sampledDecoder) bit() (uint32, error) {
	if d.bitCount == 0 {
		if d.marker != 0 {
			return 0, errShort
		}
		b, err := d.from.ReadByte()
		if err != nil {
			return 0, err
		}
		if b == 0xff {
			for b == 0xff {
				if b, err = d.from.ReadByte(); err != nil {
					return 0, err
				}
			}
			if b != 0 {
				d.marker = b
				return 0, errShort
			}
			b = 0xff
		}
		d.bits, d.bitCount = uint32(b), 8
	}
	d.bitCount--
	return d.bits >> d.bitCount & 1, nil
}

func (d *sampledDecoder) number(bits int) (int32, error) {
	value := uint32(0)
	for range bits {
		bit, err := d.bit()
		if err != nil {
			return 0, err
		}
		value = value<<1 | bit
	}
	return int32(value), nil
}

// signed reads a number of so many bits (F.2.2.1).
func (d *sampledDecoder) signed(bits int) (int32, error) {
	value, err := d.number(bits)
	if bits > 0 && value < 1<<(bits-1) {
		value += -1<<bits + 1
	}
	return value, err
}

func (d *sampledDecoder) symbol(code *huffmanCode) (byte, error) {
	if code == nil {
		return 0, errBroken
	}
	value := int32(0)
	for length := 1; length <= 16; length++ {
		bit, err := d.bit()
		if err != nil {
			return 0, err
		}
		if value = value<<1 | int32(bit); value <= code.most[length] {
			return code.values[code.start[length]+int(value-code.least[length])], nil
		}
	}
	return 0, errBroken
}

// natural is where each coefficient of the zigzag order stands (A.3.6).
var natural = [64]int{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
	28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
	47, 55, 62, 63,
}

// cosines of the inverse transform (A.3.3), with the factors of its sums.
var cosines = func() (table [8][8]float32) {
	for x := range 8 {
		for u := range 8 {
			table[x][u] = float32(math.Cos(float64(2*x+1)*float64(u)*math.Pi/16) / 2)
			if u == 0 {
				table[x][u] = float32(1 / math.Sqrt(8))
			}
		}
	}
	return table
}()

// inverseTransform turns a block's coefficients into its samples.
func inverseTransform(coefficients []int16, quantization *[64]uint16, to []byte, stride int) {
	var block, half [64]float32
	for i, at := range natural {
		block[at] = float32(coefficients[at]) * float32(quantization[i])
	}
	for v := range 8 {
		for x := range 8 {
			sum := float32(0)
			for u := range 8 {
				sum += cosines[x][u] * block[8*v+u]
			}
			half[8*v+x] = sum
		}
	}
	for x := range 8 {
		for y := range 8 {
			sum := float32(128.5)
			for v := range 8 {
				sum += cosines[y][v] * half[8*v+x]
			}
			to[y*stride+x] = byte(max(0, min(255, sum)))
		}
	}
}
