package inspect

import (
	"bufio"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
)

// sampledDecoder decodes JPEG images whose planes are sampled in ratios that the library does not know: every one in
// which each plane's rate divides the highest (ITU-T T.81, A.1.1). It is for what is rare: it takes its time, and keeps
// all coefficients.
type sampledDecoder struct {
	from                *bufio.Reader
	width, height       int
	across, down        int // the highest rates
	progressive         bool
	planes              []*samplePlane
	quantization        [4][64]uint16 // in zigzag order
	codes               [2][4]*huffmanCode
	restart             int // MCUs between restarts; 0 for none
	transform           byte
	adobe               bool
	bits                uint32
	bitCount            int
	endOfBand           int // blocks that have nothing more in this scan
	marker              byte
	first, last         int // of the coefficients of the scan
	high, low           uint
	direct, alternating [4]byte // the codes of the scan's planes
}

// samplePlane is one component of the image.
type samplePlane struct {
	id, quantization byte
	across, down     int
	columns, rows    int     // of blocks, with those that fill up the last MCUs
	coefficients     []int16 // 64 a block, in natural order
	before           int32   // the DC coefficient of the block before
}

// sampledConfig reads the header.
func sampledConfig(content io.Reader) (image.Config, error) {
	d := &sampledDecoder{from: bufio.NewReader(content)}
	for len(d.planes) == 0 {
		marker, body, err := d.segment()
		if err != nil {
			return image.Config{}, err
		}
		if marker >= 0xc0 && marker <= 0xc2 {
			if err := d.frame(marker, body, false); err != nil {
				return image.Config{}, err
			}
		} else if marker == markerSOS {
			return image.Config{}, errBroken
		}
	}
	return image.Config{ColorModel: color.YCbCrModel, Width: d.width, Height: d.height}, nil
}

func decodeSampled(content io.Reader) (image.Image, error) {
	d := &sampledDecoder{from: bufio.NewReader(content)}
	for {
		marker, body, err := d.segment()
		if err != nil {
			return nil, err
		}
		switch {
		case marker >= 0xc0 && marker <= 0xc2 && len(d.planes) == 0:
			err = d.frame(marker, body, true)
		case marker == markerDHT:
			err = d.huffman(body)
		case marker == 0xdb:
			err = d.tables(body)
		case marker == 0xdd && len(body) >= 2:
			d.restart = int(binary.BigEndian.Uint16(body))
		case marker == markerAPP14 && len(body) >= 12 && string(body[:5]) == "Adobe":
			d.adobe, d.transform = true, body[11]
		case marker == markerSOS:
			err = d.scan(body)
		case marker == markerEOI:
			if len(d.planes) == 0 {
				return nil, errBroken
			}
			return d.picture(), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// segment reads up to the end of the next segment.
func (d *sampledDecoder) segment() (marker byte, body []byte, err error) {
	marker, d.marker = d.marker, 0
	for marker == 0 || marker == 0xff || marker >= 0xd0 && marker <= 0xd8 || marker == 0x01 {
		if marker, err = d.nextMarker(); err != nil {
			return 0, nil, err
		}
	}
	if marker == markerEOI {
		return marker, nil, nil
	}
	var size [2]byte
	if _, err := io.ReadFull(d.from, size[:]); err != nil {
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint16(size[:]))
	if n < 2 {
		return 0, nil, errBroken
	}
	body = make([]byte, n-2)
	_, err = io.ReadFull(d.from, body)
	return marker, body, err
}

func (d *sampledDecoder) nextMarker() (byte, error) {
	marked := false
	for {
		b, err := d.from.ReadByte()
		if err != nil || marked && b != 0xff && b != 0 {
			return b, err
		}
		marked = b == 0xff
	}
}

// frame reads the frame's header (B.2.2) and makes room for the coefficients.
func (d *sampledDecoder) frame(marker byte, body []byte, room bool) error {
	if len(body) < 6 || len(body) < 6+3*int(body[5]) || body[0] != 8 || body[5] != 3 && body[5] != 4 {
		return errBroken
	}
	d.progressive = marker == 0xc2
	d.height, d.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	if d.height == 0 || d.width == 0 {
		return errBroken
	}
	total := 0
	for part := body[6 : 6+3*int(body[5])]; len(part) > 0; part = part[3:] {
		plane := &samplePlane{id: part[0], across: int(part[1] >> 4), down: int(part[1] & 15), quantization: part[2]}
		if plane.across < 1 || plane.across > 4 || plane.down < 1 || plane.down > 4 || plane.quantization > 3 {
			return errBroken
		}
		total += plane.across * plane.down
		d.across, d.down = max(d.across, plane.across), max(d.down, plane.down)
		d.planes = append(d.planes, plane)
	}
	for _, plane := range d.planes {
		// Other ratios no browser shows; an MCU has ten blocks at most (B.2.3).
		if d.across%plane.across != 0 || d.down%plane.down != 0 || total > 10 {
			return errors.New("the ratio of sampling is not supported")
		}
		plane.columns = plane.across * ceilDivide(d.width, 8*d.across)
		plane.rows = plane.down * ceilDivide(d.height, 8*d.down)
		if room {
			plane.coefficients = make([]int16, 64*plane.columns*plane.rows)
		}
	}
	return nil
}

func ceilDivide(n, by int) int { return (n + by - 1) / by }

// tables reads tables of quantization (B.2.4.1).
func (d *sampledDecoder) tables(body []byte) error {
	for len(body) > 0 {
		wide, index := int(body[0]>>4), body[0]&15
		if wide > 1 || index > 3 || len(body) < 1+64*(1+wide) {
			return errBroken
		}
		body = body[1:]
		for i := range 64 {
			if wide == 1 {
				d.quantization[index][i] = binary.BigEndian.Uint16(body[2*i:])
			} else {
				d.quantization[index][i] = uint16(body[i])
			}
		}
		body = body[64*(1+wide):]
	}
	return nil
}

// picture turns the coefficients into an image.
func (d *sampledDecoder) picture() image.Image {
	shown := make([][]byte, len(d.planes))
	for i, plane := range d.planes {
		shown[i] = plane.samples(&d.quantization[plane.quantization], d)
	}
	bounds := image.Rect(0, 0, d.width, d.height)
	if len(d.planes) == 4 {
		return d.inks(bounds, shown)
	}
	if d.adobe && d.transform == 0 || d.planes[0].id == 'R' && d.planes[1].id == 'G' && d.planes[2].id == 'B' {
		direct := image.NewRGBA(bounds)
		for i := range shown[0] {
			copy(direct.Pix[4*i:], []byte{shown[0][i], shown[1][i], shown[2][i], 0xff})
		}
		return direct
	}
	return &image.YCbCr{
		Y: shown[0], Cb: shown[1], Cr: shown[2], YStride: d.width, CStride: d.width,
		SubsampleRatio: image.YCbCrSubsampleRatio444, Rect: bounds,
	}
}

// inks is an image of four components, which are stored inverted.
func (d *sampledDecoder) inks(bounds image.Rectangle, shown [][]byte) image.Image {
	inks := image.NewCMYK(bounds)
	for i := range shown[0] {
		c, m, y := shown[0][i], shown[1][i], shown[2][i]
		if d.transform != 0 {
			c, m, y = color.YCbCrToRGB(c, m, y)
		}
		copy(inks.Pix[4*i:], []byte{255 - c, 255 - m, 255 - y, 255 - shown[3][i]})
	}
	return inks
}

// samples is the plane at the image's size: each sample is repeated as often as its rate is lower.
func (p *samplePlane) samples(quantization *[64]uint16, d *sampledDecoder) []byte {
	stride := 8 * p.columns
	own := make([]byte, stride*8*p.rows)
	for y := range p.rows {
		for x := range p.columns {
			at := 64 * (y*p.columns + x)
			inverseTransform(p.coefficients[at:at+64], quantization, own[8*y*stride+8*x:], stride)
		}
	}
	p.coefficients = nil
	wide, tall := d.across/p.across, d.down/p.down
	if wide == 1 && tall == 1 && stride == d.width {
		return own[:d.width*d.height]
	}
	shown := make([]byte, d.width*d.height)
	for y := range d.height {
		row := own[y/tall*stride:]
		for x := range d.width {
			shown[y*d.width+x] = row[x/wide]
		}
	}
	return shown
}
