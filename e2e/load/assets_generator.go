package load

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"strings"
	"unicode/utf16"

	"dataplatform/contracts"
)

// scenes is how many different pictures the generated photos show: to encode each anew would take longer than to
// describe it.
const scenes = 8

// GenerateAssets makes photos of about 100 kB each and one of everything else: other images, texts, binaries, names
// that are hard to read, an overwritten and a deleted object, and objects that cannot be used. maxBytes is the
// configured limit.
func GenerateAssets(seed uint64, photos, maxBytes int) ([]AssetDrop, Expected, error) {
	g := &assetGenerator{random: rand.New(rand.NewPCG(seed, 3))}
	var bases [][]byte
	for range min(scenes, photos) {
		base, err := g.photo(1000, 750)
		if err != nil {
			return nil, Expected{}, err
		}
		bases = append(bases, base)
	}
	for i := range photos {
		g.good(fmt.Sprintf("products/%s/photo-%d.jpg", shopProduct(i%productCount).Code, i/productCount),
			remark(bases[i%len(bases)], fmt.Sprintf("%d of %d", i, seed)))
	}
	if err := g.others(); err != nil {
		return nil, Expected{}, err
	}
	small, err := g.photo(64, 48)
	if err != nil {
		return nil, Expected{}, err
	}
	g.bad("bad/empty.jpg", contracts.ReasonEmptyFile, nil)
	g.bad("bad/cut.jpg", contracts.ReasonTruncatedImage, small[:len(small)/2])
	g.bad("bad/claims 2^31 pixels.png", contracts.ReasonTooManyPixels, claimingPNG(1<<31, 1))
	g.bad("bad/hundred-megapixels.png", contracts.ReasonTooManyPixels, claimingPNG(10_000, 10_000))
	g.bad("bad/noise.jpg", contracts.ReasonBrokenImage, []byte("\xff\xd8\xff\xda\x00\x02 no picture \xff\xd9"))
	g.bad("bad/large.bin", contracts.ReasonFileTooLarge, make([]byte, maxBytes+1))
	g.bad("bad/product.txt", contracts.ReasonInvalidValue, []byte("of no product"))
	g.drops[len(g.drops)-1].Product = strings.Repeat("x", 200)
	return g.drops, g.expected, nil
}

type assetGenerator struct {
	random   *rand.Rand
	drops    []AssetDrop
	expected Expected
}

func (g *assetGenerator) good(key string, content []byte) {
	g.drops = append(g.drops, AssetDrop{Key: key, Content: content})
	g.expected.Received++
	g.expected.Processed++
}

func (g *assetGenerator) bad(key, reason string, content []byte) {
	g.drops = append(g.drops, AssetDrop{Key: key, Content: content})
	g.expected.quarantine(reason)
}

// others are one of every other kind, and what happens to objects after they were put.
func (g *assetGenerator) others() error {
	small, err := g.photo(64, 48)
	if err != nil {
		return err
	}
	drawing := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.Transparent, color.Black, color.White})
	for i := range drawing.Pix {
		drawing.Pix[i] = byte(g.random.IntN(3))
	}
	var asPNG, asGIF bytes.Buffer
	if err := png.Encode(&asPNG, drawing); err != nil {
		return err
	}
	if err := gif.Encode(&asGIF, drawing, nil); err != nil {
		return err
	}
	var wide []byte
	for _, unit := range utf16.Encode([]rune("\ufeffGrüße\r\n")) {
		wide = binary.LittleEndian.AppendUint16(wide, unit)
	}
	g.good("logo.png", asPNG.Bytes())
	g.good("logo.gif", asGIF.Bytes())
	g.good("a photo named as a text.txt", small)
	g.good("products/20001/ünïcode + スペース & 100%.jpg", small)
	g.good("texts/sizes.csv", []byte("size,length\nS,10\nM,12\n"))
	g.good("texts/care.json", []byte(`{"wash":40,"iron":false}`))
	g.good("texts/latin-1.txt", []byte("caf\xe9\n"))
	g.good("texts/utf-16.txt", wide)
	g.good("manual.pdf", []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\x00\x01"))
	g.drops[len(g.drops)-1].Product = "20002"
	g.good("changed.txt", []byte("first"))
	g.good("changed.txt", []byte("second"))
	g.good("deleted.txt", []byte("not for long"))
	g.good("deleted.txt", nil)
	g.drops[len(g.drops)-1].Delete = true
	return nil
}

// photo is soft shapes under grain, which compress as a photo does.
func (g *assetGenerator) photo(width, height int) ([]byte, error) {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	shift := 100 * g.random.Float64()
	for y := range height {
		for x := range width {
			grain := byte(g.random.IntN(14))
			light := 110 + 60*math.Sin(float64(x)/97+shift) + 50*math.Cos(float64(y)/71+float64(x)/301)
			picture.SetRGBA(x, y,
				color.RGBA{byte(light) + grain, byte(light/2) + grain, byte(200-light/2) + grain, 0xff})
		}
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 85})
	return out.Bytes(), err
}

// remark puts a comment into a JPEG file, so that no two are the same.
func remark(photo []byte, text string) []byte {
	head := append([]byte{0xff, 0xd8, 0xff, 0xfe, 0, byte(len(text) + 2)}, text...)
	return append(head, photo[2:]...)
}

// claimingPNG claims sides and holds next to nothing.
func claimingPNG(width, height uint32) []byte {
	sides := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	out := []byte("\x89PNG\r\n\x1a\n")
	for _, chunk := range [][]byte{append(append([]byte("IHDR"), sides...), 8, 6, 0, 0, 0),
		[]byte("IDAT\x78\x9c\x03\x00\x00\x00\x00\x01"), []byte("IEND")} {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(chunk)-4)), chunk...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
	}
	return out
}
