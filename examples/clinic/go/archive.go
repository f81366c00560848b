package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// archive is what the records component serves: the resources of one folder.
type archive struct {
	folder       string
	patients     map[string]Patient
	encounters   []Encounter
	observations []Observation
	coverages    map[string]Coverage
	claims       map[string]Claim
}

func openArchive(folder string) (*archive, error) {
	a := &archive{
		folder: folder, patients: map[string]Patient{}, coverages: map[string]Coverage{}, claims: map[string]Claim{},
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		decoder := json.NewDecoder(bytes.NewReader(content))
		decoder.UseNumber() // 2255.00 keeps its zeros
		var resource element
		if err := decoder.Decode(&resource); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if err := a.add(resource); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return a, nil
}

func (a *archive) add(resource element) error {
	var err error
	switch kind := resource.text("resourceType"); kind {
	case "Patient":
		var patient Patient
		patient, err = readPatient(resource)
		a.patients[patient.ID] = patient
	case "Encounter":
		var encounter Encounter
		encounter, err = readEncounter(resource)
		a.encounters = append(a.encounters, encounter)
	case "Observation":
		var observation Observation
		observation, err = readObservation(resource)
		a.observations = append(a.observations, observation)
	case "Coverage":
		var coverage Coverage
		coverage, err = readCoverage(resource)
		a.coverages[coverage.ID] = coverage
	case "Claim":
		// A coverage within a claim is only known by the claim.
		for _, contained := range resource.children("contained") {
			if contained["resourceType"] == "Coverage" {
				contained["id"] = fmt.Sprintf("%s#%s", resource["id"], contained["id"])
				if err := a.add(contained); err != nil {
					return err
				}
			}
		}
		var claim Claim
		claim, err = readClaim(resource)
		a.claims[claim.ID] = claim
	default:
		return fmt.Errorf("a %s is nothing that the clinic keeps", kind)
	}
	return err
}

func find[T any](records map[string]T, kind, id string) (T, error) {
	record, found := records[id]
	if !found {
		return record, hmsffi.Declare(Missing{Kind: kind, ID: id})
	}
	return record, nil
}

func (a *archive) findPatient(_ context.Context, id string) (Patient, error) {
	return find(a.patients, "patient", id)
}

func (a *archive) findCoverage(_ context.Context, id string) (Coverage, error) {
	return find(a.coverages, "coverage", id)
}

func (a *archive) findClaim(_ context.Context, id string) (Claim, error) {
	return find(a.claims, "claim", id)
}

func (a *archive) encountersOf(_ context.Context, patient string) ([]Encounter, error) {
	found := []Encounter{}
	for _, encounter := range a.encounters {
		if encounter.Patient == patient {
			found = append(found, encounter)
		}
	}
	return found, nil
}

func (a *archive) observationsOf(_ context.Context, patient string) ([]Observation, error) {
	found := []Observation{}
	for _, observation := range a.observations {
		if observation.Patient == patient {
			found = append(found, observation)
		}
	}
	return found, nil
}

// cardScan fails: nobody has scanned the cards of the examples.
func (a *archive) cardScan(_ context.Context, coverage string) ([]byte, error) {
	scan, err := os.ReadFile(filepath.Join(a.folder, "scans", filepath.Base(coverage)+".png"))
	if err != nil {
		return nil, fmt.Errorf("the card of %s: %w", coverage, err)
	}
	return scan, nil
}
