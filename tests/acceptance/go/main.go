// `client URL`: one query, one mutation and one subscription by the code that genqlient has generated.
// Prints one object of JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/gorilla/websocket"
)

type found struct {
	Name    string   `json:"name"`
	Year    int      `json:"year"`
	Renamed string   `json:"renamed"`
	Refused []string `json:"refused"`
	Heard   string   `json:"heard"`
}

// dialer is gorilla's, as genqlient wants it.
type dialer struct{ *websocket.Dialer }

func (d dialer) DialContext(ctx context.Context, url string, header http.Header) (graphql.WSConn, error) {
	conn, _, err := d.Dialer.DialContext(ctx, url, header)
	return conn, err
}

func main() {
	result, err := run(context.Background(), os.Args[1])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url string) (*found, error) {
	client := graphql.NewClient(url, http.DefaultClient)
	asked, err := GetCustomer(ctx, client, "c1")
	if err != nil {
		return nil, err
	}
	renamed, err := Rename(ctx, client, UpdateCustomerInput{CustomerId: "c1", Name: "By Go"})
	if err != nil {
		return nil, err
	}
	refused, err := Rename(ctx, client, UpdateCustomerInput{CustomerId: "c1", Name: " "})
	if err != nil {
		return nil, err
	}
	heard, err := hear(ctx, client, strings.Replace(url, "http", "ws", 1))
	if err != nil {
		return nil, err
	}
	result := &found{Name: asked.Customer.Name, Year: asked.Customer.CreatedAt.Year(), Heard: heard}
	if payload, ok := renamed.UpdateCustomer.(*RenameUpdateCustomerCustomerPayload); ok {
		result.Renamed = payload.Customer.Name
	}
	if rejected, ok := refused.UpdateCustomer.(*RenameUpdateCustomerEventRejected); ok {
		for _, problem := range rejected.Problems {
			result.Refused = append(result.Refused, problem.Path...)
		}
	}
	return result, nil
}

// hear renames a customer until a subscription tells of it: a subscription is open a moment after it was asked for.
func hear(ctx context.Context, client graphql.Client, url string) (string, error) {
	socket := graphql.NewClientUsingWebSocket(url, dialer{websocket.DefaultDialer})
	broken, err := socket.Start(ctx)
	if err != nil {
		return "", err
	}
	defer socket.Close()
	changes, _, err := Changed(ctx, socket, "c2")
	if err != nil {
		return "", err
	}
	for count := 0; count < 200; count++ {
		name := fmt.Sprintf("Heard %d", count)
		if _, err := Rename(ctx, client, UpdateCustomerInput{CustomerId: "c2", Name: name}); err != nil {
			return "", err
		}
		select {
		case change := <-changes:
			if change.Errors != nil {
				return "", change.Errors
			}
			if told, ok := change.Data.CustomerChanged.(*ChangedCustomerChangedCustomerChange); ok {
				return told.Customer.Name, nil
			}
		case err := <-broken:
			return "", err
		case <-time.After(50 * time.Millisecond):
		}
	}
	return "", fmt.Errorf("nothing was heard")
}
