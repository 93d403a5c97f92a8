package http1

import "otasuke/gateway/internal/app"

// The events of HTTP in the form of rules.
const (
	evGzip               = "http.gzip_decompression_failed"
	evRequestNoColon     = "http.request_field_missing_colon"
	evResponseNoColon    = "http.response_field_missing_colon"
	evRequestChunk       = "http.invalid_request_chunk_len"
	evResponseChunk      = "http.invalid_response_chunk_len"
	evRequestTE          = "http.invalid_transfer_encoding_value_in_request"
	evRequestLength      = "http.invalid_content_length_field_in_request"
	evResponseLength     = "http.invalid_content_length_field_in_response"
	evContinueTwice      = "http.100_continue_already_seen"
	evUnmatched          = "http.unable_to_match_response_to_request"
	evServerPort         = "http.invalid_server_port_in_request"
	evNoHost             = "http.missing_host_header"
	evHostAmbiguous      = "http.host_header_ambiguous"
	evRequestFolding     = "http.invalid_request_field_folding"
	evRequestTooLong     = "http.request_field_too_long"
	evResponseTooLong    = "http.response_field_too_long"
	evMultipart          = "http.multipart_generic_error"
	evMultipartNoFile    = "http.multipart_no_filedata"
	evMultipartHeader    = "http.multipart_invalid_header"
	evURIHost            = "http.request_uri_host_invalid"
	evHeaderHost         = "http.request_header_host_invalid"
	evURIDelim           = "http.uri_delim_non_compliant"
	evMethodDelim        = "http.method_delim_non_compliant"
	evLeadingSpace       = "http.request_line_leading_whitespace"
	evTooManyLayers      = "http.too_many_encoding_layers"
	evAbnormalCE         = "http.abnormal_ce_header"
	evAuth               = "http.request_auth_unrecognized"
	evRequestRepetition  = "http.request_header_repetition"
	evResponseRepetition = "http.response_header_repetition"
	evAbnormalTE         = "http.response_abnormal_transfer_encoding"
	evChunkedOld         = "http.response_chunked_old_proto"
	evDoubleEncoded      = "http.double_encoded_uri"
	evLineInvalid        = "http.request_line_invalid"
	evRequestBody        = "http.request_body_unexpected"
	evResponseBody       = "http.response_body_unexpected"
	evRequestTwoLengths  = "http.duplicate_content_length_field_in_request"
	evResponseTwoLengths = "http.duplicate_content_length_field_in_response"
	evRange              = "http.range_invalid"
	evFileName           = "http.file_name_too_long"
	evRequestExtension   = "http.request_chunk_extension"
	evNoProtocol         = "http.request_line_missing_protocol"
	evRequestTooMany     = "http.request_too_many_headers"
	evResponseTooMany    = "http.response_too_many_headers"
	evResponseExtension  = "http.response_chunk_extension"
)

// bySide chooses the event of a direction.
func bySide(dir int, request, response string) string {
	if dir == app.ToServer {
		return request
	}
	return response
}
