package simulator

import (
	"strconv"
	"strings"
)

// property returns the text of the property that a path names, for
// restrictions.
func (it *Item) property(path *element) string {
	if tag, ok := propertyTag(path); ok {
		if get := mapiProperties[tag]; get != nil {
			return get(it)
		}
		return ""
	}
	switch path.attr("FieldURI") {
	case "item:ItemClass":
		return it.class()
	case "item:LastModifiedTime":
		return stamp(it.Modified)
	case "item:DateTimeCreated":
		return stamp(it.Created)
	case "item:Subject", "contacts:DisplayName", "contacts:FileAs":
		return it.DisplayName
	case "contacts:GivenName":
		return it.GivenName
	case "contacts:Surname":
		return it.Surname
	case "contacts:CompanyName":
		return it.Company
	case "contacts:PhoneNumber":
		return it.Phones[path.attr("FieldIndex")]
	}
	return ""
}

// matches says whether a Restriction holds for what property answers. A nil
// restriction holds for everything.
func matches(restriction *element, property func(*element) string) bool {
	if restriction == nil || len(restriction.kids) == 0 {
		return true
	}
	return holds(restriction.kids[0], property)
}

func holds(e *element, property func(*element) string) bool {
	switch e.name {
	case "t:And", "t:Or":
		for _, k := range e.kids {
			if holds(k, property) == (e.name == "t:Or") {
				return e.name == "t:Or"
			}
		}
		return e.name == "t:And"
	case "t:Not":
		return len(e.kids) == 1 && !holds(e.kids[0], property)
	case "t:Exists":
		return len(e.kids) == 1 && property(e.kids[0]) != ""
	}
	if len(e.kids) != 2 {
		return false
	}
	value, constant := property(e.kids[0]), e.kids[1].attr("Value")
	if c := e.kids[1].child("t:Constant"); c != nil {
		constant = c.attr("Value")
	}
	if e.name == "t:Contains" {
		return contains(e, value, constant)
	}
	return compare(e.name, value, constant)
}

func contains(e *element, value, constant string) bool {
	if c := e.attr("ContainmentComparison"); c != "" && c != "Exact" {
		value, constant = strings.ToLower(value), strings.ToLower(constant)
	}
	switch e.attr("ContainmentMode") {
	case "Prefixed", "PrefixOnWords":
		return strings.HasPrefix(value, constant)
	case "Substring", "ExactPhrase":
		return strings.Contains(value, constant)
	}
	return value == constant
}

// compare compares as numbers where both are, else as texts without case.
func compare(op, value, constant string) bool {
	a, b := strings.ToLower(value), strings.ToLower(constant)
	c := strings.Compare(a, b)
	if x, err := strconv.Atoi(a); err == nil {
		if y, err := strconv.Atoi(b); err == nil {
			c = x - y
		}
	}
	switch op {
	case "t:IsEqualTo":
		return c == 0
	case "t:IsNotEqualTo":
		return c != 0
	case "t:IsGreaterThan":
		return c > 0
	case "t:IsGreaterThanOrEqualTo":
		return c >= 0
	case "t:IsLessThan":
		return c < 0
	case "t:IsLessThanOrEqualTo":
		return c <= 0
	}
	return false
}
