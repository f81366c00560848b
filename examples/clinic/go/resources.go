package main

import (
	"encoding/json"
	"errors"
)

// From FHIR resources to records.

func readPatient(e element) (Patient, error) {
	p := Patient{ID: e.text("id"), Names: []HumanName{}, Gender: e.optionalText("gender")}
	if active, ok := e.take("active").(bool); ok {
		p.Active = &active
	}
	for _, name := range e.children("name") {
		human := HumanName{Usage: name.optionalText("use"), Family: name.optionalText("family"), Given: []string{}}
		given, _ := name.take("given").([]any)
		for _, item := range given {
			if text, ok := item.(string); ok {
				human.Given = append(human.Given, text)
			}
		}
		var err error
		if human.Period, err = name.period("period"); err != nil {
			return p, err
		}
		p.Names = append(p.Names, human)
	}
	birthDate, err1 := e.when("birthDate")
	extra, err2 := e.rest()
	p.BirthDate, p.Extra = birthDate, extra
	return p, errors.Join(err1, err2)
}

func readEncounter(e element) (Encounter, error) {
	c := Encounter{ID: e.text("id"), Patient: e.reference("subject"), Status: e.text("status")}
	c.CareClass = e.child("class").text("code")
	period, err1 := e.period("period")
	extra, err2 := e.rest()
	c.Period, c.Extra = period, extra
	return c, errors.Join(err1, err2)
}

func readObservation(e element) (Observation, error) {
	o := Observation{ID: e.text("id"), Patient: e.reference("subject"), Components: []Component{}}
	o.Code, o.Name = e.code("code")
	effective, err1 := e.when("effectiveDateTime")
	value, err2 := e.quantity("valueQuantity")
	o.Effective, o.Value = effective, value
	for _, part := range e.children("component") {
		code, _ := part.code("code")
		value, err := part.quantity("valueQuantity")
		if err != nil {
			return o, err
		}
		o.Components = append(o.Components, Component{code, value})
	}
	extra, err3 := e.rest()
	o.Extra = extra
	return o, errors.Join(err1, err2, err3)
}

func readCoverage(e element) (Coverage, error) {
	c := Coverage{ID: e.text("id"), Status: e.text("status"), Beneficiary: e.reference("beneficiary")}
	period, err1 := e.period("period")
	extra, err2 := e.rest()
	c.Period, c.Extra = period, extra
	return c, errors.Join(err1, err2)
}

func readClaim(e element) (Claim, error) {
	c := Claim{ID: e.text("id"), Patient: e.reference("patient"), Lines: []ClaimLine{}}
	created, err := e.when("created")
	if err != nil || created == nil {
		return c, errors.Join(err, errors.New("a claim has to say when it was created"))
	}
	c.Created = *created
	for _, insurance := range e.children("insurance") {
		c.Coverage = insurance.reference("coverage")
		if c.Coverage != "" && c.Coverage[0] == '#' {
			c.Coverage = c.ID + c.Coverage
		}
	}
	for _, item := range e.children("item") {
		line := ClaimLine{}
		if number, ok := item.take("sequence").(json.Number); ok {
			sequence, _ := number.Int64()
			line.Sequence = uint32(sequence)
		}
		line.Code, _ = item.code("productOrService")
		if line.Net, err = item.money("net"); err != nil {
			return c, err
		}
		c.Lines = append(c.Lines, line)
	}
	total, err1 := e.money("total")
	extra, err2 := e.rest()
	c.Total, c.Extra = total, extra
	return c, errors.Join(err1, err2)
}
