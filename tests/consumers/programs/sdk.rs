//! Asks AWS who it is: as often as its first argument says, or with 0 until that many sessions have been used as its second
//! says.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// The SDK's own provider, and the access keys that it gave.
#[derive(Debug)]
struct Watched {
    provider: SharedCredentialsProvider,
    keys: Arc<Mutex<BTreeSet<String>>>,
}

impl ProvideCredentials for Watched {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.provider.provide_credentials().await?;
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            keys.insert(credentials.access_key_id().to_owned());
            Ok(credentials)
        })
    }
}

#[tokio::main(flavor = "current_thread")]
#[allow(clippy::print_stdout, reason = "its output is what it is for")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<usize>());
    let calls = numbers.next().ok_or("how many calls?")??;
    let lives = numbers.next().ok_or("how many sessions?")??;
    let tls = Provider::Rustls(CryptoMode::Ring);
    let http = aws_smithy_http_client::Builder::new().tls_provider(tls).build_https();
    let region = Region::new("us-west-2");
    let config =
        aws_config::defaults(BehaviorVersion::latest()).http_client(http).region(region).load().await;
    let provider = config.credentials_provider().ok_or("there is no provider of credentials")?;
    let keys = Arc::default();
    let watched = Watched { provider, keys: Arc::clone(&keys) };
    let config = aws_sdk_sts::config::Builder::from(&config).credentials_provider(watched).build();
    let sts = aws_sdk_sts::Client::from_conf(config);
    let used = || keys.lock().unwrap_or_else(PoisonError::into_inner).len();
    let (mut done, mut arn) = (0, None);
    while done < calls || used() < lives {
        arn = sts.get_caller_identity().send().await?.arn;
        done += 1;
        if lives > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    println!("{}", arn.unwrap_or_default());
    Ok(())
}
