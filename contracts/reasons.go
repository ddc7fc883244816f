package contracts

// Reason codes of quarantined data. The set is closed: the quarantine table's partitions are projected from it.
const (
	ReasonUndecodable        = "undecodable"
	ReasonInvalidUTF8        = "invalid_utf8"
	ReasonTruncatedGzip      = "truncated_gzip"
	ReasonExpandsTooLarge    = "expands_too_large"
	ReasonEventTooLarge      = "event_too_large"
	ReasonUnsupportedVersion = "unsupported_version"
	ReasonUnknownField       = "unknown_field"
	ReasonMissingField       = "missing_field"
	ReasonWrongType          = "wrong_type"
	ReasonInvalidValue       = "invalid_value"
	ReasonOutsideLateness    = "outside_lateness"
	ReasonEmptyFile          = "empty_file"
	ReasonFileTooLarge       = "file_too_large"
	ReasonWrongHeader        = "wrong_header"
	ReasonBrokenQuotes       = "broken_quotes"
	ReasonUnknownDataset     = "unknown_dataset"
	ReasonPriceNotImputable  = "price_not_imputable"
	ReasonTooManyPixels      = "too_many_pixels"
	ReasonTruncatedImage     = "truncated_image"
	ReasonBrokenImage        = "broken_image"
	ReasonTimeLimit          = "time_limit"
	ReasonUnreadable         = "unreadable"
)

// UnknownDataset is the dataset under which data is quarantined that belongs to no contract. The quarantine table's
// dataset column is projected from a closed list, so a name taken from the input would be invisible to queries.
const UnknownDataset = "unknown"

// Reason is why a piece of data was quarantined.
type Reason struct {
	Code    string `json:"code"`
	Meaning string `json:"meaning"`
}

// Reasons lists every quarantine reason, the ones about encoding first, then those about content, about files and about
// assets.
func Reasons() []Reason {
	return []Reason{
		{ReasonUndecodable, "The bytes are not the declared format: not JSON, not CSV, not gzip."},
		{ReasonInvalidUTF8, "The text is not valid UTF-8."},
		{ReasonTruncatedGzip, "The gzip stream ends before its trailer."},
		{ReasonExpandsTooLarge, "Decompressed, the data is larger than the configured limit."},
		{ReasonEventTooLarge, "One event is larger than the configured limit."},
		{ReasonUnsupportedVersion, "The event declares a major version of its contract other than the one in force."},
		{ReasonUnknownField, "A field is not in the contract."},
		{ReasonMissingField, "A required field is absent, null or blank."},
		{ReasonWrongType, "A field's type is not the contract's."},
		{ReasonInvalidValue, "A value is outside the contract's range, length, pattern or enumeration."},
		{ReasonOutsideLateness,
			"The event time is further from the arrival time than the lateness limit, or in the future."},
		{ReasonEmptyFile, "The file holds no data records, or no bytes at all."},
		{ReasonFileTooLarge, "The file is larger than the configured limit."},
		{ReasonWrongHeader, "The CSV header is not the contract's columns in order."},
		{ReasonBrokenQuotes, "A CSV quote is never closed, so records cannot be told apart."},
		{ReasonUnknownDataset, "The object lies under a prefix that no contract describes."},
		{ReasonPriceNotImputable, "The price is absent and the product has no earlier price to impute from."},
		{ReasonTooManyPixels, "The image's header claims more pixels than the configured limit."},
		{ReasonTruncatedImage, "The image ends before what its format says it holds."},
		{ReasonBrokenImage, "The bytes begin like an image and cannot be decoded as one."},
		{ReasonTimeLimit, "The object could not be inspected within the configured time."},
		{ReasonUnreadable,
			"The code fails on the file or record alone, or a job reads another number of records than landing counted."},
	}
}

func reasonCodes() []string {
	var codes []string
	for _, r := range Reasons() {
		codes = append(codes, r.Code)
	}
	return codes
}
