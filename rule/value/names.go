package value

// Enum numbers words from 0.
func Enum(words ...string) map[string]int64 {
	m := make(map[string]int64, len(words))
	for i, w := range words {
		m[w] = int64(i)
	}
	return m
}

// Numbers of protocols by name: RFC 1035 and the IANA DNS registry, RFC 4511.
var (
	DNSRcodes = map[string]int64{"noerror": 0, "formerr": 1, "servfail": 2, "nxdomain": 3, "notimp": 4, "refused": 5, "yxdomain": 6, "yxrrset": 7, "nxrrset": 8,
		"notauth": 9, "notzone": 10, "badvers": 16, "badsig": 16, "badkey": 17, "badtime": 18, "badmode": 19, "badname": 20, "badalg": 21, "badtrunc": 22}
	DNSTypes = map[string]int64{"a": 1, "ns": 2, "md": 3, "mf": 4, "cname": 5, "soa": 6, "mb": 7, "mg": 8, "mr": 9, "null": 10, "wks": 11, "ptr": 12, "hinfo": 13,
		"minfo": 14, "mx": 15, "txt": 16, "rp": 17, "afsdb": 18, "sig": 24, "key": 25, "aaaa": 28, "loc": 29, "srv": 33, "naptr": 35, "kx": 36, "cert": 37, "dname": 39,
		"opt": 41, "apl": 42, "ds": 43, "sshfp": 44, "ipseckey": 45, "rrsig": 46, "nsec": 47, "dnskey": 48, "dhcid": 49, "nsec3": 50, "nsec3param": 51, "tlsa": 52,
		"hip": 55, "cds": 59, "cdnskey": 60, "svcb": 64, "https": 65, "spf": 99, "tkey": 249, "tsig": 250, "ixfr": 251, "axfr": 252, "any": 255, "uri": 256, "caa": 257}
	LDAPOperations = map[string]int64{"bind_request": 0, "bind_response": 1, "unbind_request": 2, "search_request": 3, "search_result_entry": 4, "search_result_done": 5,
		"modify_request": 6, "modify_response": 7, "add_request": 8, "add_response": 9, "del_request": 10, "del_response": 11, "mod_dn_request": 12, "mod_dn_response": 13,
		"compare_request": 14, "compare_response": 15, "abandon_request": 16, "search_result_reference": 19, "extended_request": 23, "extended_response": 24, "intermediate_response": 25}
	LDAPResults = map[string]int64{"success": 0, "operations_error": 1, "protocol_error": 2, "time_limit_exceeded": 3, "size_limit_exceeded": 4, "compare_false": 5,
		"compare_true": 6, "auth_method_not_supported": 7, "stronger_auth_required": 8, "referral": 10, "admin_limit_exceeded": 11, "unavailable_critical_extension": 12,
		"confidentiality_required": 13, "sasl_bind_in_progress": 14, "no_such_attribute": 16, "undefined_attribute_type": 17, "inappropriate_matching": 18,
		"constraint_violation": 19, "attribute_or_value_exists": 20, "invalid_attribute_syntax": 21, "no_such_object": 32, "alias_problem": 33, "invalid_dn_syntax": 34,
		"alias_dereferencing_problem": 36, "inappropriate_authentication": 48, "invalid_credentials": 49, "insufficient_access_rights": 50, "busy": 51, "unavailable": 52,
		"unwilling_to_perform": 53, "loop_detect": 54, "naming_violation": 64, "object_class_violation": 65, "not_allowed_on_non_leaf": 66, "not_allowed_on_rdn": 67,
		"entry_already_exists": 68, "object_class_mods_prohibited": 69, "affects_multiple_dsas": 71, "other": 80}
	// DNP3Functions are those of IEEE 1815 section 4.2.2.1.5.
	DNP3Functions = map[string]int64{"confirm": 0, "read": 1, "write": 2, "select": 3, "operate": 4, "direct_operate": 5, "direct_operate_nr": 6, "immed_freeze": 7,
		"immed_freeze_nr": 8, "freeze_clear": 9, "freeze_clear_nr": 10, "freeze_at_time": 11, "freeze_at_time_nr": 12, "cold_restart": 13, "warm_restart": 14,
		"initialize_data": 15, "initialize_appl": 16, "start_appl": 17, "stop_appl": 18, "save_config": 19, "enable_unsolicited": 20, "disable_unsolicited": 21,
		"assign_class": 22, "delay_measure": 23, "record_current_time": 24, "open_file": 25, "close_file": 26, "delete_file": 27, "get_file_info": 28,
		"authenticate_file": 29, "abort_file": 30, "activate_config": 31, "authenticate_req": 32, "authenticate_err": 33, "response": 129,
		"unsolicited_response": 130, "authenticate_resp": 131}
)
