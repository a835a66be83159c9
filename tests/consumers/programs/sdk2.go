// Asks AWS who it is: as often as its first argument says, or with 0 until that many sessions have been used as its
// second says.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func number(index int) int {
	value, err := strconv.Atoi(os.Args[index])
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	calls, lives := number(1), number(2)
	cfg, err := config.LoadDefaultConfig(context.TODO(), config.WithRegion("us-west-2"))
	if err != nil {
		log.Fatal(err)
	}
	client := sts.NewFromConfig(cfg, sts.WithEndpointResolver(sts.EndpointResolverFromURL(os.Getenv("AWS_ENDPOINT_URL"))))
	keys := map[string]bool{}
	arn := ""
	for done := 0; done < calls || len(keys) < lives; done++ {
		identity, err := client.GetCallerIdentity(context.TODO(), &sts.GetCallerIdentityInput{})
		if err != nil {
			log.Fatal(err)
		}
		arn = aws.ToString(identity.Arn)
		credentials, err := cfg.Credentials.Retrieve(context.TODO())
		if err != nil {
			log.Fatal(err)
		}
		keys[credentials.AccessKeyID] = true
		if lives > 0 {
			time.Sleep(200 * time.Millisecond)
		}
	}
	fmt.Println(arn)
}
