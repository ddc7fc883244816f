package inspect

// scan decodes a scan (ITU-T T.81, B.2.3): of one plane its own blocks, of several the MCUs in which they alternate.
func (d *sampledDecoder) scan(body []byte) error {
	if len(d.planes) == 0 || len(body) < 1 || body[0] < 1 || body[0] > 4 || len(body) < 4+2*int(body[0]) {
		return errBroken
	}
	var planes []*samplePlane
	for i := range int(body[0]) {
		for _, plane := range d.planes {
			if plane.id == body[1+2*i] {
				d.direct[len(planes)], d.alternating[len(planes)] = body[2+2*i]>>4&3, body[2+2*i]&3
				planes = append(planes, plane)
				break
			}
		}
	}
	if len(planes) != int(body[0]) {
		return errBroken
	}
	limits := body[1+2*len(planes):]
	d.first, d.last, d.high, d.low = int(limits[0]), int(limits[1]), uint(limits[2]>>4), uint(limits[2]&15)
	if !d.progressive {
		d.first, d.last, d.high, d.low = 0, 63, 0, 0
	}
	if d.first > d.last || d.last > 63 || d.low > 13 || d.progressive && (d.first == 0) != (d.last == 0) ||
		d.first > 0 && len(planes) > 1 {
		return errBroken
	}
	d.reset(planes)
	if len(planes) == 1 {
		plane := planes[0]
		columns := ceilDivide(ceilDivide(d.width*plane.across, d.across), 8)
		rows := ceilDivide(ceilDivide(d.height*plane.down, d.down), 8)
		return d.units(planes, columns*rows, func(n int) error { return d.block(plane, 0, n%columns, n/columns) })
	}
	columns, rows := ceilDivide(d.width, 8*d.across), ceilDivide(d.height, 8*d.down)
	return d.units(planes, columns*rows, func(n int) error {
		for i, plane := range planes {
			for y := range plane.down {
				for x := range plane.across {
					if err := d.block(plane, i, n%columns*plane.across+x, n/columns*plane.down+y); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}

// units decodes so many units, which markers of restart divide.
func (d *sampledDecoder) units(planes []*samplePlane, n int, unit func(int) error) error {
	for i := range n {
		if d.restart > 0 && i > 0 && i%d.restart == 0 {
			marker := d.marker
			if marker == 0 {
				var err error
				if marker, err = d.nextMarker(); err != nil {
					return err
				}
			}
			if marker < 0xd0 || marker > 0xd7 {
				return errBroken
			}
			d.reset(planes)
		}
		if err := unit(i); err != nil {
			return err
		}
	}
	d.bitCount = 0
	return nil
}

func (d *sampledDecoder) reset(planes []*samplePlane) {
	d.bitCount, d.marker, d.endOfBand = 0, 0, 0
	for _, plane := range planes {
		plane.before = 0
	}
}

// block decodes what the scan says of a block.
func (d *sampledDecoder) block(plane *samplePlane, place, x, y int) error {
	at := 64 * (y*plane.columns + x)
	block := plane.coefficients[at : at+64]
	if d.high > 0 {
		return d.refine(block, d.codes[1][d.alternating[place]])
	}
	k := d.first
	if k == 0 {
		bits, err := d.symbol(d.codes[0][d.direct[place]])
		if err != nil || bits > 15 {
			return orBroken(err)
		}
		difference, err := d.signed(int(bits))
		if err != nil {
			return err
		}
		plane.before += difference
		block[0] = int16(plane.before << d.low)
		k++
	}
	if d.endOfBand > 0 {
		d.endOfBand--
		return nil
	}
	for ; k <= d.last; k++ {
		zeros, bits, err := d.run(place)
		if err != nil {
			return err
		}
		if bits == 0 && zeros < 15 {
			return d.endBand(zeros)
		}
		if k += zeros; bits == 0 {
			continue
		}
		value, err := d.signed(bits)
		if err != nil || k > d.last {
			return orBroken(err)
		}
		block[natural[k]] = int16(value << d.low)
	}
	return nil
}

func orBroken(err error) error {
	if err != nil {
		return err
	}
	return errBroken
}

// run is how many coefficients are zero before the next, and of how many bits that is.
func (d *sampledDecoder) run(place int) (zeros, bits int, err error) {
	symbol, err := d.symbol(d.codes[1][d.alternating[place]])
	return int(symbol >> 4), int(symbol & 15), err
}

// endBand notes for how many more blocks there is nothing (G.1.2.2).
func (d *sampledDecoder) endBand(bits int) error {
	if !d.progressive {
		return nil
	}
	more, err := d.number(bits)
	d.endOfBand = 1<<bits - 1 + int(more)
	return err
}

// refine adds a bit to the coefficients of a block (G.1.2.3).
func (d *sampledDecoder) refine(block []int16, code *huffmanCode) error {
	if d.first == 0 {
		bit, err := d.bit()
		block[0] |= int16(bit << d.low)
		return err
	}
	k := d.first
	for ; d.endOfBand == 0 && k <= d.last; k++ {
		symbol, err := d.symbol(code)
		if err != nil {
			return err
		}
		zeros, bits := int(symbol>>4), int(symbol&15)
		value := int16(0)
		if bits == 0 && zeros < 15 {
			more, err := d.number(zeros)
			if err != nil {
				return err
			}
			d.endOfBand = 1<<zeros + int(more)
			break
		}
		if bits != 0 {
			positive, err := d.bit()
			if err != nil {
				return err
			}
			if value = -1 << d.low; positive == 1 {
				value = 1 << d.low
			}
		}
		if k, err = d.refineOthers(block, k, zeros); err != nil {
			return err
		}
		if value != 0 && k <= d.last {
			block[natural[k]] = value
		}
	}
	if d.endOfBand > 0 {
		d.endOfBand--
		_, err := d.refineOthers(block, k, -1)
		return err
	}
	return nil
}

// refineOthers adds a bit to the coefficients that are not zero, up to the place behind so many zeros; all when that is
// negative.
func (d *sampledDecoder) refineOthers(block []int16, k, zeros int) (int, error) {
	for ; k <= d.last; k++ {
		at := &block[natural[k]]
		if *at == 0 {
			if zeros == 0 {
				break
			}
			zeros--
			continue
		}
		bit, err := d.bit()
		if err != nil {
			return k, err
		}
		if bit == 1 && *at > 0 {
			*at += 1 << d.low
		} else if bit == 1 {
			*at -= 1 << d.low
		}
	}
	return k, nil
}
