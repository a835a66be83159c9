//! The federation endpoint: the secret of a session is told, and a token comes back with which a browser signs in to the
//! web console.
//!
//! Neither is ever logged, nor is what the endpoint says instead. The secret goes in the body: addresses end up in the
//! logs of proxies.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use awsd_core::chain::Keys;
use awsd_core::event::Failure;
use awsd_proto::Secret;
use http_body_util::{BodyExt as _, Limited};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tracing::info;
use zeroize::Zeroizing;

use super::Aws;
use super::client::CALL;
use super::connector::{Connectors, Way};
use super::failure::{cause, not_connected};
use super::observe::destination;
use crate::world::ConsoleAccess;

/// The longest answer that is read. Tokens take a few KiB.
const MAX_ANSWER: usize = 64 * 1024;

/// The session, in the endpoint's words.
#[derive(Serialize)]
struct Session<'a> {
    #[serde(rename = "sessionId")]
    id: &'a str,
    #[serde(rename = "sessionKey")]
    key: &'a str,
    #[serde(rename = "sessionToken")]
    token: &'a str,
}

/// The endpoint's answer.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SigninToken")]
    token: Secret,
}

impl Aws {
    /// Signs the keys in; the future does it. How long the console's session lives is not said: AWS then lets it live as
    /// long as the keys do, which is what was asked for, and takes any role's.
    pub(crate) fn console(
        &self,
        wanted: ConsoleAccess,
        keys: Arc<Keys>,
    ) -> impl Future<Output = Result<Secret, Failure>> + Send + 'static {
        let connectors = self.connectors.clone();
        async move {
            let asked = timeout(CALL, ask(&connectors, &wanted, &keys)).await;
            let token = asked.unwrap_or_else(|_| Err(no_answer("it did not answer in time")));
            let key = awsd_core::masked(&keys.access_key_id);
            match &token {
                Ok(_) => info!(action = "getSigninToken", key, "AWS answered"),
                Err(failure) => info!(action = "getSigninToken", key, ?failure, "AWS did not"),
            }
            token.map(|token| url(&wanted, &token))
        }
    }
}

async fn ask(connectors: &Connectors, wanted: &ConsoleAccess, keys: &Keys) -> Result<Secret, Failure> {
    let way = Way::to(&wanted.service, Some(&wanted.console.federation));
    let connector = connectors.get(&way)?;
    let answer = send(&connector, wanted, keys).await.map_err(|failure| match failure {
        Failure::NotSent(why) => {
            let destination = destination(&wanted.console.federation, way.proxy());
            Failure::NotSent(format!("{destination}: {why}"))
        }
        other => other,
    })?;
    match serde_json::from_slice::<Answer>(&answer) {
        Ok(Answer { token }) if !token.expose().is_empty() => Ok(token),
        // The parser's own words may quote the token.
        _ => Err(no_answer("its answer cannot be read")),
    }
}

/// One request, and the body of an answer that is a success.
async fn send(
    connector: &SharedHttpConnector,
    wanted: &ConsoleAccess,
    keys: &Keys,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut request = HttpRequest::new(SdkBody::from(form(keys)?.as_str()));
    request
        .set_method("POST")
        .and_then(|()| request.set_uri(wanted.console.federation.as_str()))
        .map_err(|_quotes_it| Failure::NotSent("the endpoint's URL cannot be used".to_owned()))?;
    request.headers_mut().insert("content-type", "application/x-www-form-urlencoded");
    let response = connector.call(request).await.map_err(|error| {
        let told = if not_connected(&error) { Failure::NotSent } else { Failure::NoAnswer };
        told(cause(&error))
    })?;
    let status = response.status().as_u16();
    if !response.status().is_success() {
        return Err(Failure::Refused { status, code: String::new(), message: String::new() });
    }
    let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
    let body = body.map_err(|_broken| no_answer("its answer broke off, or was too long"))?;
    Ok(Zeroizing::new(body.to_bytes().to_vec()))
}

/// The request's body.
fn form(keys: &Keys) -> Result<Zeroizing<String>, Failure> {
    let session = Session {
        id: &keys.access_key_id,
        key: keys.secret_access_key.expose_secret(),
        token: keys.session_token.as_ref().map_or("", ExposeSecret::expose_secret),
    };
    let session = serde_json::to_string(&session).map(Zeroizing::new);
    let session = session.map_err(|_| Failure::NotSent("the session cannot be written".to_owned()))?;
    Ok(Zeroizing::new(format!("Action=getSigninToken&Session={}", encoded(&session))))
}

/// What a browser is to open.
fn url(wanted: &ConsoleAccess, token: &Secret) -> Secret {
    let (federation, destination) = (&wanted.console.federation, encoded(&wanted.console.destination));
    let token = encoded(token.expose());
    Secret::new(format!("{federation}?Action=login&Destination={destination}&SigninToken={token}"))
}

fn encoded(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

fn no_answer(why: &str) -> Failure {
    Failure::NoAnswer(why.to_owned())
}

#[cfg(test)]
mod tests {
    use awsd_core::chain::Service;
    use awsd_core::console::ConsoleSignIn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::adapters::clock;

    fn wanted(federation: String) -> ConsoleAccess {
        let destination = "https://console.aws.amazon.com/ec2/home?region=eu-west-1#Instances:".to_owned();
        ConsoleAccess {
            console: ConsoleSignIn { federation, destination },
            service: Arc::new(Service::default()),
        }
    }

    fn keys() -> Arc<Keys> {
        Arc::new(Keys {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "sec+ret/=&".to_owned().into(),
            session_token: Some("tok\"en".to_owned().into()),
            expiration: None,
            account_id: None,
        })
    }

    /// What is made of an answer, and the request for it. An answer that is empty never comes.
    async fn asked(answer: &[u8]) -> (Result<Secret, Failure>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let federation = format!("http://{}/federation", listener.local_addr().unwrap());
        let answer = answer.to_vec();
        let server = tokio::spawn(async move {
            let (mut peer, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 16 * 1024];
            let length = peer.read(&mut request).await.unwrap();
            // Whoever is told too much leaves before the end.
            let _left = peer.write_all(&answer).await;
            if answer.is_empty() {
                let _left = peer.read(&mut request).await;
            }
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let signed_in = Aws::new(|| clock::now().wall).console(wanted(federation), keys()).await;
        (signed_in, server.await.unwrap())
    }

    fn response(head: &str, body: &str) -> Vec<u8> {
        format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    #[tokio::test]
    async fn a_session_is_exchanged_for_a_token_and_a_url_is_made_of_it() {
        let (url, request) = asked(&response("200 OK", r#"{"SigninToken":"a+b/c=&d"}"#)).await;
        let url = url.unwrap();
        let (_, query) = url.expose().split_once("/federation?").unwrap();
        assert_eq!(
            query,
            "Action=login&Destination=https%3A%2F%2Fconsole%2Eaws%2Eamazon%2Ecom%2Fec2%2Fhome%3Fregion%3Deu%2Dwest%2D1%23Instances\
             %3A&SigninToken=a%2Bb%2Fc%3D%26d"
        );
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /federation HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
        let session = body.strip_prefix("Action=getSigninToken&Session=").unwrap();
        let session = percent_encoding::percent_decode_str(session).decode_utf8().unwrap();
        assert_eq!(
            session,
            r#"{"sessionId":"ASIAIOSFODNN7EXAMPLE","sessionKey":"sec+ret/=&","sessionToken":"tok\"en"}"#
        );
    }

    #[tokio::test]
    async fn anything_else_is_no_token_and_is_not_repeated() {
        let endless = [response("200 OK\r\nx: y", "").as_slice(), &vec![b' '; 4 * MAX_ANSWER]].concat();
        let endless =
            String::from_utf8(endless).unwrap().replace("content-length: 0", "content-length: 99999999");
        let many: Vec<Vec<u8>> = vec![
            response("200 OK", "<html>hunter2</html>"),
            response("200 OK", r#"{"SigninToken":""}"#),
            response("200 OK", r#"{"SigninToken":["hunter2"]}"#),
            response("200 OK", r#"{"Other":"hunter2"}"#),
            response("200 OK", ""),
            response("302 Found\r\nlocation: https://hunter2.example/", ""),
            response("400 Bad Request", "hunter2"),
            response("500 Internal Server Error", "hunter2"),
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"Sign".to_vec(),
            b"hunter2\r\n\r\n".to_vec(),
            endless.into_bytes(),
        ];
        for answer in many {
            let failure = asked(&answer).await.0.unwrap_err();
            let told = format!("{failure:?}");
            assert!(!told.contains("hunter2"), "{told}");
            assert!(!matches!(failure, Failure::NotSent(_)), "{told}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_says_nothing_is_not_waited_for_for_ever() {
        let (answer, _) = asked(b"").await;
        assert_eq!(answer.unwrap_err(), no_answer("it did not answer in time"));
    }

    #[tokio::test]
    async fn an_endpoint_that_is_not_there_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let wanted = wanted(format!("http://{address}/federation"));
        let failure = Aws::new(|| clock::now().wall).console(wanted, keys()).await.unwrap_err();
        let Failure::NotSent(why) = &failure else { panic!("{failure:?}") };
        assert!(why.starts_with(&format!("{address}: ")), "{why}");
    }
}
