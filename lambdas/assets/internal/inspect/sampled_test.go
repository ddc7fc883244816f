package inspect

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ratio is the sampling of one plane: across and down.
type ratio [2]int

// Every ratio in which each plane's rate divides the highest is decoded, the library's by the library.
func TestSamplingRatios(t *testing.T) {
	for _, ratios := range [][]ratio{
		{{1, 1}, {1, 1}, {1, 1}}, {{2, 2}, {1, 1}, {1, 1}}, {{4, 2}, {1, 1}, {1, 1}},
		{{1, 4}, {1, 1}, {1, 1}}, {{2, 4}, {1, 1}, {1, 1}}, {{3, 1}, {1, 1}, {1, 1}}, {{1, 3}, {1, 1}, {1, 1}},
		{{3, 2}, {1, 1}, {1, 1}}, {{2, 2}, {1, 1}, {1, 2}}, {{2, 2}, {2, 1}, {1, 2}}, {{2, 1}, {1, 1}, {2, 1}},
		{{1, 1}, {2, 2}, {2, 2}}, {{1, 2}, {2, 1}, {2, 1}}, {{1, 4}, {1, 2}, {1, 4}}, {{1, 1}, {1, 1}, {1, 1}, {1, 1}},
		{{2, 1}, {1, 1}, {1, 1}, {2, 1}}, {{1, 1}, {1, 1}, {1, 1}, {2, 2}},
	} {
		for _, restart := range []int{0, 3} {
			content := encodeSampled(97, 65, ratios, restart)
			got, err := inspectBytes(content)
			require.NoError(t, err, "%v", ratios)
			assert.Equal(t, []int{97, 65}, []int{got.Image.Width, got.Image.Height})
			small, err := jpeg.Decode(bytes.NewReader(got.Image.Thumbnail))
			require.NoError(t, err)
			for i, want := range []color.NRGBA{{220, 40, 40, 255}, {30, 160, 50, 255}, {40, 60, 200, 255},
				{230, 230, 230, 255}} {
				at := image.Pt(6+i%2*36, 4+i/2*24)
				r, g, b, _ := small.At(at.X, at.Y).RGBA()
				for channel, value := range []uint32{r >> 8, g >> 8, b >> 8} {
					assert.InDelta(t, []uint8{want.R, want.G, want.B}[channel], value, 8,
						"%v, restart %d, corner %d, channel %d", ratios, restart, i, channel)
				}
			}
			_, err = inspectBytes(content[:len(content)*3/4])
			var found *Fault
			require.ErrorAs(t, err, &found)
			assert.Equal(t, "truncated_image", found.Reason, "%v", ratios)
		}
	}
}

func TestRatiosThatNoBrowserShows(t *testing.T) {
	_, err := inspectBytes(encodeSampled(97, 65, []ratio{{3, 1}, {2, 1}, {1, 1}}, 0))
	var found *Fault
	require.ErrorAs(t, err, &found)
	assert.Equal(t, "broken_image", found.Reason)
}

// What the library decodes, too, comes out the same: sequential and progressive, colours and inks.
func TestSampledDecoderDecodesAsTheLibrary(t *testing.T) {
	for name, content := range map[string][]byte{
		"progressive": fixture(t, "progressive.jpg"), "progressive inks": fixture(t, "cmyk-progressive.jpg"),
		"sequential": fixture(t, "turned.jpg"), "restarts": encodeSampled(97, 65, []ratio{{2, 2}, {1, 1}, {1, 1}}, 2),
	} {
		want, err := jpeg.Decode(bytes.NewReader(content))
		require.NoError(t, err)
		got, err := decodeSampled(bytes.NewReader(content))
		require.NoError(t, err, name)
		require.Equal(t, want.Bounds(), got.Bounds())
		worst := 0.0
		for y := range want.Bounds().Dy() {
			for x := range want.Bounds().Dx() {
				r, g, b, _ := want.At(x, y).RGBA()
				r2, g2, b2, _ := got.At(x, y).RGBA()
				for _, pair := range [][2]uint32{{r, r2}, {g, g2}, {b, b2}} {
					worst = max(worst, math.Abs(float64(pair[0]>>8)-float64(pair[1]>>8)))
				}
			}
		}
		assert.LessOrEqual(t, worst, 4.0, name)
	}
}

// Whatever is damaged, decoding ends, without a panic.
func TestSampledDecoderSurvivesDamage(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, content := range [][]byte{encodeSampled(97, 65, []ratio{{1, 4}, {1, 1}, {1, 1}}, 2),
		fixture(t, "cmyk-progressive.jpg")[:20000]} {
		for range 300 {
			damaged := bytes.Clone(content)
			for range 1 + random.IntN(8) {
				at := random.IntN(len(damaged))
				if at < 200 { // the sides stay
					continue
				}
				damaged[at] = byte(random.Uint32())
			}
			_, err := decodeSampled(bytes.NewReader(damaged))
			_ = err // either way
		}
	}
}

// encodeSampled is a sequential JPEG image of four colours in its corners, of three planes, or of four inks as Adobe's
// programs store them.
func encodeSampled(width, height int, ratios []ratio, restart int) []byte {
	return encodeWith(width, height, ratios, restart,
		func(plane, right, lower int) float64 { return cornerPlane(len(ratios), plane, right, lower) })
}

// encodePlanes is an image of one colour.
func encodePlanes(width, height int, values []byte) []byte {
	return encodeWith(width, height, slices.Repeat([]ratio{{1, 1}}, len(values)), 0,
		func(plane, _, _ int) float64 { return float64(values[plane]) })
}

func encodeWith(width, height int, ratios []ratio, restart int, value func(plane, right, lower int) float64) []byte {
	across, down := 0, 0
	for _, r := range ratios {
		across, down = max(across, r[0]), max(down, r[1])
	}
	segment := func(marker byte, body ...byte) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2)), body...)
	}
	out := []byte{0xff, 0xd8}
	if len(ratios) == 4 {
		out = append(out, adobe...)
	}
	out = append(out, segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{4}, 64)...)...)...)
	frame := []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(ratios))}
	scan := []byte{byte(len(ratios))}
	for i, r := range ratios {
		frame = append(frame, byte(i+1), byte(r[0]<<4|r[1]), 0)
		scan = append(scan, byte(i+1), 0)
	}
	out = append(out, segment(0xc0, frame...)...)
	// Codes of eight bits for all there can be: a DC difference of up to eleven bits, and 160 runs.
	lengths := make([]byte, 16)
	lengths[7] = 12
	out = append(out,
		segment(markerDHT, append(append([]byte{0x00}, lengths...), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)...)...)
	lengths[7] = 0
	lengths[8] = 162
	symbols := []byte{0x00, 0xf0}
	for run := range byte(16) {
		for bits := byte(1); bits <= 10; bits++ {
			symbols = append(symbols, run<<4|bits)
		}
	}
	out = append(out, segment(markerDHT, append(append([]byte{0x10}, lengths...), symbols...)...)...)
	if restart > 0 {
		out = append(out, segment(0xdd, 0, byte(restart))...)
	}
	out = append(out, segment(markerSOS, append(scan, 0, 63, 0)...)...)
	bits := &bitWriter{}
	before := make([]int, len(ratios))
	columns, rows := ceilDivide(width, 8*across), ceilDivide(height, 8*down)
	for mcu := range columns * rows {
		if restart > 0 && mcu > 0 && mcu%restart == 0 {
			bits.flush()
			bits.out = append(bits.out, 0xff, 0xd0+byte(mcu/restart-1)%8)
			clear(before)
		}
		for i, r := range ratios {
			for block := range r[0] * r[1] {
				x, y := (mcu%columns*r[0]+block%r[0])*8, (mcu/columns*r[1]+block/r[0])*8
				bits.block(&before[i], symbols, func(dx, dy int) float64 {
					return value(i, ((x+dx)*across/r[0])*2/width, ((y+dy)*down/r[1])*2/height)
				})
			}
		}
	}
	bits.flush()
	return append(append(out, bits.out...), 0xff, 0xd9)
}

// cornerPlane is a plane's value in a corner; corners beyond the second are those of the edge.
func cornerPlane(planes, plane, right, lower int) float64 {
	shade := [][3]uint8{{220, 40, 40}, {30, 160, 50}, {40, 60, 200}, {230, 230, 230}}[min(1, right)+2*min(1, lower)]
	if planes == 4 {
		return float64([]uint8{shade[0], shade[1], shade[2], 255}[plane])
	}
	y, cb, cr := color.RGBToYCbCr(shade[0], shade[1], shade[2])
	return float64([]uint8{y, cb, cr}[plane])
}

type bitWriter struct {
	out  []byte
	bits uint32
	n    int
}

func (w *bitWriter) add(value uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		w.bits, w.n = w.bits<<1|value>>i&1, w.n+1
		if w.n == 8 {
			w.out = append(w.out, byte(w.bits))
			if byte(w.bits) == 0xff {
				w.out = append(w.out, 0)
			}
			w.bits, w.n = 0, 0
		}
	}
}

func (w *bitWriter) flush() {
	for w.n != 0 {
		w.add(1, 1)
	}
}

func (w *bitWriter) signed(value int) (bits int) {
	for n := value; n != 0; n /= 2 {
		bits++
	}
	return bits
}

func (w *bitWriter) value(value, bits int) {
	if value < 0 {
		value += 1<<bits - 1
	}
	w.add(uint32(value), bits)
}

func (w *bitWriter) block(before *int, symbols []byte, sample func(x, y int) float64) {
	coefficient := func(u, v int) int {
		sum := 0.0
		for y := range 8 {
			for x := range 8 {
				sum += (sample(x, y) - 128) * float64(cosines[x][u]) * float64(cosines[y][v])
			}
		}
		return int(math.Round(sum / 4)) // all divisors are 4
	}
	direct := coefficient(0, 0)
	bits := w.signed(direct - *before)
	w.add(uint32(bits), 8)
	w.value(direct-*before, bits)
	*before = direct
	run := 0
	for _, at := range natural[1:] {
		value := coefficient(at%8, at/8)
		if value == 0 {
			run++
			continue
		}
		for ; run > 15; run -= 16 {
			w.add(1, 9)
		}
		bits := w.signed(value)
		w.add(uint32(bytes.IndexByte(symbols, byte(run<<4|bits))), 9)
		w.value(value, bits)
		run = 0
	}
	if run > 0 {
		w.add(0, 9)
	}
}
