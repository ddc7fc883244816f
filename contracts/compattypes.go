package contracts

import (
	"cmp"
	"strconv"
)

// typeChange classifies a type change: widened when every value of the old type is one of the new.
func typeChange(old, new Column) ChangeKind {
	switch {
	case widens(old, new):
		return TypeWidened
	case widens(new, old):
		return TypeNarrowed
	default:
		return TypeChanged
	}
}

func widens(from, to Column) bool {
	rank := map[string]int{"int": 1, "bigint": 2, "double": 3}
	if a, b := rank[from.Physical], rank[to.Physical]; a > 0 && b > 0 {
		return a < b
	}
	fromPrecision, fromScale, ok1 := decimal(from.Physical)
	toPrecision, toScale, ok2 := decimal(to.Physical)
	if !ok1 || !ok2 {
		return false
	}
	return fromScale <= toScale && fromPrecision-fromScale <= toPrecision-toScale && from.Physical != to.Physical
}

func decimal(physical string) (precision, scale int, ok bool) {
	m := decimalPattern.FindStringSubmatch(physical)
	if m == nil {
		return 0, 0, false
	}
	precision, _ = strconv.Atoi(m[1]) // the pattern admits only digits
	scale, _ = strconv.Atoi(m[2])
	return precision, scale, true
}

// constraints compares ranges, lengths, patterns and uniqueness.
func (d *differ) constraints(path string, old, new Column) {
	lower(d, path+" minimum", old.Minimum, new.Minimum)
	upper(d, path+" maximum", old.Maximum, new.Maximum)
	lower(d, path+" minimum", old.Earliest, new.Earliest)
	upper(d, path+" maximum", old.Latest, new.Latest)
	lower(d, path+" minLength", old.MinLength, new.MinLength)
	upper(d, path+" maxLength", old.MaxLength, new.MaxLength)
	if old.Pattern != new.Pattern {
		kind := ConstraintTightened // of two patterns nobody can say which admits more
		if new.Pattern == "" {
			kind = ConstraintLoosened
		}
		d.add(path+" pattern", kind, old.Pattern, new.Pattern)
	}
	switch {
	case !old.Unique && new.Unique:
		d.add(path+" unique", ConstraintTightened, "false", "true")
	case old.Unique && !new.Unique:
		d.add(path+" unique", ConstraintLoosened, "true", "false")
	}
	if old.firstDate != new.firstDate {
		d.add(path+" minimum", OperationsChanged, old.firstDate, new.firstDate)
	}
}

// lower compares lower bounds: a higher one, or a new one, is tighter.
func lower[T cmp.Ordered](d *differ, path string, old, new *T) {
	bound(d, path, old, new, func(a, b T) bool { return b > a })
}

// upper compares upper bounds: a lower one, or a new one, is tighter.
func upper[T cmp.Ordered](d *differ, path string, old, new *T) {
	bound(d, path, old, new, func(a, b T) bool { return b < a })
}

func bound[T cmp.Ordered](d *differ, path string, old, new *T, tighter func(old, new T) bool) {
	switch {
	case old == nil && new == nil, old != nil && new != nil && *old == *new:
	case old == nil, new != nil && tighter(*old, *new):
		d.add(path, ConstraintTightened, show(old), show(new))
	default:
		d.add(path, ConstraintLoosened, show(old), show(new))
	}
}

func show[T cmp.Ordered](v *T) string {
	switch v := any(v).(type) {
	case *float64:
		if v != nil {
			return strconv.FormatFloat(*v, 'g', -1, 64)
		}
	case *string:
		if v != nil {
			return *v
		}
	case *int:
		if v != nil {
			return strconv.Itoa(*v)
		}
	}
	return ""
}
