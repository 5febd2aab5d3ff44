//! The key that signs now, and no other.

use tower_cookie_consent::records::{
    Archive, ArchiveError, PublicKey, RecordRetention, Signer, SignerFuture, SigningKey,
};

use super::{
    every_store::Stores,
    forgery::{Shop, after},
};

#[tokio::test]
async fn only_the_key_that_signs_now_adds_to_the_tree() {
    let stores = Stores::new();
    for url in &stores.urls {
        let mut shop = Shop::new(&stores, url).await;
        let other = SigningKey::generate().unwrap();
        shop.append(2).await;
        let first = shop.checkpoint().await.unwrap();
        shop.append(2).await;
        let refused = |done: Result<(), ArchiveError>| {
            let error = done.unwrap_err().to_string();
            assert!(
                error.contains("signs nothing in this store"),
                "{url}: {error}"
            );
        };
        let keep = RecordRetention::default();
        let archive = shop.archive.clone();
        refused(archive.checkpoint(&other, after(2)).await.map(drop));
        refused(archive.purge(keep, &other, after(5000)).await.map(drop));
        refused(archive.rotate(&other, &shop.key, after(2)).await);
        assert_eq!(archive.published(None).await.unwrap(), Some(first));
        assert_eq!(
            archive
                .stats()
                .await
                .unwrap()
                .to_string()
                .matches("leaves in the tree: 5")
                .count(),
            1
        );

        archive.rotate(&shop.key, &other, after(2)).await.unwrap();
        let old = std::mem::replace(&mut shop.key, other);
        refused(archive.checkpoint(&old, after(3)).await.map(drop));
        refused(archive.purge(keep, &old, after(5000)).await.map(drop));
        refused(archive.rotate(&old, &old, after(3)).await);
        shop.append(1).await;
        shop.checkpoint().await.unwrap();
        for key in [&old, &shop.key] {
            assert_eq!(shop.verified(key).await, Ok(5), "{url}");
        }
        assert_eq!(shop.purge(5000).await.unwrap(), 5, "{url}");
        for key in [&old, &shop.key] {
            assert_eq!(shop.verified(key).await, Ok(0), "{url}");
        }
    }
}

/// A key that is replaced while it signs a purge.
#[derive(Debug)]
struct Replaced {
    key: SigningKey,
    next: SigningKey,
    archive: Archive,
}

impl Signer for Replaced {
    fn public(&self) -> PublicKey {
        self.key.public()
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> SignerFuture<'a> {
        Box::pin(async move {
            if message.ends_with(b"\"type\":\"purge\"}") {
                let rotated = self
                    .archive
                    .rotate(&self.key, &self.next, after(5000))
                    .await;
                rotated.unwrap();
            }
            self.key.sign(message).await
        })
    }
}

#[tokio::test]
async fn nothing_is_purged_by_a_key_that_was_replaced() {
    let stores = Stores::new();
    for url in &stores.urls {
        let mut shop = Shop::new(&stores, url).await;
        shop.append(2).await;
        let key = Replaced {
            key: SigningKey::from_secret(&shop.key.secret()).unwrap(),
            next: SigningKey::generate().unwrap(),
            archive: shop.archive.clone(),
        };
        let purged = shop
            .archive
            .purge(RecordRetention::default(), &key, after(5000));
        let error = purged.await.unwrap_err().to_string();
        assert!(
            error.contains("purge again, with the new one"),
            "{url}: {error}"
        );
        assert_eq!(shop.verified(&shop.key).await, Ok(2), "{url}");
        shop.key = key.next;
        assert_eq!(shop.purge(5000).await.unwrap(), 2, "{url}");
        assert_eq!(shop.verified(&key.key).await, Ok(0), "{url}");
    }
}
