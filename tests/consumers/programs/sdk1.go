// Asks AWS who it is: as often as its first argument says, or with 0 until that many sessions have been used as its
// second says.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sts"
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
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	client := session.Must(session.NewSession(aws.NewConfig().WithRegion("us-west-2").WithEndpoint(endpoint)))
	keys := map[string]bool{}
	arn := ""
	for done := 0; done < calls || len(keys) < lives; done++ {
		identity, err := sts.New(client).GetCallerIdentity(&sts.GetCallerIdentityInput{})
		if err != nil {
			log.Fatal(err)
		}
		arn = aws.StringValue(identity.Arn)
		credentials, err := client.Config.Credentials.Get()
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
