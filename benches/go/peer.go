package main

import (
	"context"
	"errors"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// The service is written by hand as protoc would write it.
type echoServer interface {
	Echo(context.Context, *wrapperspb.BytesValue) (*wrapperspb.BytesValue, error)
}

type echo struct{}

func (echo) Echo(_ context.Context, data *wrapperspb.BytesValue) (*wrapperspb.BytesValue, error) {
	return data, nil
}

var service = grpc.ServiceDesc{
	ServiceName: "bench.Echo",
	HandlerType: (*echoServer)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Echo",
		Handler: func(server any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			data := new(wrapperspb.BytesValue)
			if err := decode(data); err != nil {
				return nil, err
			}
			return server.(echoServer).Echo(ctx, data)
		},
	}},
}

func servePeer(ctx context.Context, scratch string, ready func()) error {
	listener, err := net.Listen("unix", socket(scratch))
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	server.RegisterService(&service, echo{})
	context.AfterFunc(ctx, server.Stop)
	ready()
	return server.Serve(listener)
}

func connectPeer(scratch string) (call, error) {
	connection, err := grpc.NewClient("unix:"+socket(scratch), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	data := make([]byte, 32)
	return func(ctx context.Context) error {
		back := new(wrapperspb.BytesValue)
		err := connection.Invoke(ctx, "/bench.Echo/Echo", &wrapperspb.BytesValue{Value: data}, back)
		if err == nil && len(back.Value) != len(data) {
			err = errors.New("another answer")
		}
		return err
	}, nil
}
