//! Who the merchants are: those that are there from the start or were put, and those that came by themselves.
//!
//! Whoever came by himself is forgotten again when too many others come: the one first that was idle longest. Looking
//! a merchant up takes no lock that coming and going needs.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;
use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};

use super::{Key, Keys, Merchant, MerchantId};
use crate::fixtures;
use crate::keeper::Keeper;
use crate::wire::catalog;

/// How many merchants are kept that came by a telegram of theirs.
const ADOPTED: usize = 10_000;
/// How many are kept that have sent no telegram: they asked for tokens or applied for hosted pages, which needs no
/// client certificate.
const GUESTS: usize = 1_000;

/// All merchants.
#[derive(Debug)]
pub struct Merchants {
    by_id: DashMap<MerchantId, Member, RandomState>,
    adopt: bool,
    /// Rises with each that comes by himself.
    arrivals: AtomicU64,
    /// Held by whoever adds or removes a member, and taken before any look into the map.
    roll: Mutex<Roll>,
    /// Who keeps them, by id.
    pub(crate) keeper: Keeper,
}

/// A merchant, or somebody who may become one.
#[derive(Debug)]
struct Member {
    merchant: Arc<Merchant>,
    standing: Standing,
    /// How many had come by themselves when it was last asked for.
    used: AtomicU64,
    /// The place in the order of its waiting list.
    rank: u64,
}

impl Member {
    /// Whether its first telegram will tell its credentials.
    fn awaits_telegram(&self) -> bool {
        match self.standing {
            Standing::Founder | Standing::Put => false,
            Standing::Adopted => awaits_credentials(&self.merchant),
            Standing::Guest => true,
        }
    }
}

/// How somebody became a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Standing {
    /// Was there from the start.
    Founder,
    /// Was added, or its settings were changed.
    Put,
    /// Sent a telegram, or applied for a hosted page.
    Adopted,
    /// Has something in the ledger, such as a token, but is no merchant yet.
    Guest,
}

/// What is needed to tell members in order, and who is to go first.
#[derive(Debug, Default)]
struct Roll {
    listed: BTreeSet<MerchantId>,
    /// Those that are named by keys of their own, by these.
    named: BTreeSet<(&'static str, String, MerchantId)>,
    adopted: BTreeSet<(u64, MerchantId)>,
    guests: BTreeSet<(u64, MerchantId)>,
}

/// The keys that name a merchant, as the roll keeps them.
fn names(merchant: &Merchant) -> impl Iterator<Item = (&'static str, String, MerchantId)> {
    let naming = catalog().keys().iter().filter(|spec| spec.names_merchant);
    let values = naming.map(|spec| (spec.name, merchant.keys.named(spec.name)));
    values
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, value.to_owned(), merchant.merchant_id.clone()))
}

impl Roll {
    /// Takes a member out wherever it stands.
    fn strike(&mut self, member: &Member) {
        let merchant_id = &member.merchant.merchant_id;
        self.listed.remove(merchant_id);
        for entry in names(&member.merchant) {
            self.named.remove(&entry);
        }
        let place = (member.rank, merchant_id.clone());
        self.adopted.remove(&place);
        self.guests.remove(&place);
    }
}

/// A member as it is kept. Guests are not: they come again.
#[derive(Debug, Serialize, Deserialize)]
struct Kept<M> {
    standing: Standing,
    merchant: M,
}

/// Somebody whose credentials were looked at.
#[derive(Debug)]
pub struct Caller {
    merchant: Arc<Merchant>,
    known: bool,
}

impl Caller {
    /// The merchant that it is, or would become.
    pub fn merchant(&self) -> &Merchant {
        &self.merchant
    }

    /// The merchant, if it is one already.
    pub fn known(&self) -> Option<Arc<Merchant>> {
        self.known.then(|| Arc::clone(&self.merchant))
    }
}

/// The shape of `fixtures/merchants.toml` and of a file given with `--merchants`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MerchantsFile {
    merchant: Vec<Merchant>,
}

/// Why a text is no list of merchants.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinnedError {
    /// It is not TOML of that shape.
    #[error("{0}")]
    Shape(#[from] toml::de::Error),
    /// A merchant stands there more than once.
    #[error("merchant {0} stands there more than once")]
    Twice(MerchantId),
    /// A merchant has a setting that it cannot have.
    #[error("merchant {merchant_id}: {reason}")]
    Unfit {
        /// Which.
        merchant_id: MerchantId,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a telegram's credentials are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialsError {
    /// No such merchant, and the list is pinned.
    Unknown,
    /// The connect id or the password is wrong.
    Wrong,
}

/// Why a merchant is not forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgetError {
    /// There is none.
    Unknown,
    /// It was there from the start.
    Founder,
}

/// Forgets what somebody had who is no member any more. Called while nobody can come or go.
pub type Forget<'a> = &'a mut dyn FnMut(&MerchantId);

impl Merchants {
    /// The merchant of the fixtures; others are adopted when they first come.
    pub fn open_door() -> Merchants {
        let mut file: MerchantsFile = fixtures::parse(fixtures::MERCHANTS);
        file.merchant.iter_mut().for_each(|merchant| merchant.keys = Keys::examples());
        Merchants::of(file, true)
    }

    /// Exactly the merchants of this TOML text (the shape of `fixtures/merchants.toml`); an error tells what is wrong with it.
    pub fn pinned(text: &str) -> Result<Merchants, PinnedError> {
        let file: MerchantsFile = toml::from_str(text)?;
        let mut known = BTreeSet::new();
        match file.merchant.iter().find(|merchant| !known.insert(merchant.merchant_id.clone())) {
            Some(merchant) => Err(PinnedError::Twice(merchant.merchant_id.clone())),
            None => Ok(Merchants::of(file, false)),
        }
    }

    fn of(file: MerchantsFile, adopt: bool) -> Merchants {
        let merchants = Merchants {
            by_id: DashMap::default(),
            adopt,
            arrivals: AtomicU64::new(0),
            roll: Mutex::new(Roll::default()),
            keeper: Keeper::default(),
        };
        for merchant in file.merchant {
            merchants.enter(&mut merchants.lock(), Arc::new(merchant), Standing::Founder);
        }
        merchants
    }

    /// Whose credentials these are. An unknown merchant may become one with them ([`Merchants::adopt`]), unless the
    /// list is pinned.
    pub fn authenticate(&self, id: &str, connect_id: &str, password: &str) -> Result<Caller, CredentialsError> {
        let known = self.by_id.get(id).filter(|member| !member.awaits_telegram()).map(|member| {
            self.touch(&member);
            Arc::clone(&member.merchant)
        });
        match known {
            Some(merchant) => {
                let right = merchant.connect_id == connect_id && merchant.connect_password == password;
                if right { Ok(Caller { merchant, known: true }) } else { Err(CredentialsError::Wrong) }
            }
            None if !self.adopt => Err(CredentialsError::Unknown),
            // Whoever came before his first telegram is treated as one who comes now.
            None => {
                let merchant = Merchant::new(MerchantId::new(id), connect_id, password);
                Ok(Caller { merchant: Arc::new(merchant), known: false })
            }
        }
    }

    /// A merchant that applies for hosted pages, which know no credentials; `None` for an unknown one when the list is
    /// pinned.
    pub fn applicant(&self, merchant_id: &MerchantId) -> Option<Caller> {
        let known = self.get(merchant_id).map(|merchant| Caller { merchant, known: true });
        let stranger = || Caller { merchant: Arc::new(Merchant::new(merchant_id.clone(), "", "")), known: false };
        known.or_else(|| self.adopt.then(stranger))
    }

    /// Makes a merchant of a caller that is none yet. When another first contact was quicker, its credentials count.
    ///
    /// # Errors
    ///
    /// [`CredentialsError::Wrong`] when they are not the caller's.
    pub fn adopt(&self, caller: Caller, forget: Forget<'_>) -> Result<Arc<Merchant>, CredentialsError> {
        let Caller { merchant, known } = caller;
        if known {
            return Ok(merchant);
        }
        let mut roll = self.lock();
        let before = self.by_id.get(&merchant.merchant_id).filter(|member| member.standing != Standing::Guest);
        let before = before.map(|member| (Arc::clone(&member.merchant), member.awaits_telegram()));
        if let Some((before, awaits_telegram)) = before {
            let same = before.connect_id == merchant.connect_id && before.connect_password == merchant.connect_password;
            // An application brings no credentials.
            if same || awaits_credentials(&merchant) {
                return Ok(before);
            }
            if !awaits_telegram {
                return Err(CredentialsError::Wrong);
            }
        }
        let adopted = Arc::new(Merchant { adopted: true, ..Merchant::clone(&merchant) });
        self.arrive(&mut roll, Arc::clone(&adopted), Standing::Adopted, forget);
        Ok(adopted)
    }

    /// Keeps in mind that somebody who may be no merchant has something in the ledger.
    pub fn note_guest(&self, merchant_id: &MerchantId, forget: Forget<'_>) {
        let mut roll = self.lock();
        if !self.by_id.contains_key(merchant_id) {
            let guest = Arc::new(Merchant::new(merchant_id.clone(), "", ""));
            self.arrive(&mut roll, guest, Standing::Guest, forget);
        }
    }

    /// A merchant, a guest, or somebody who is new here and has everything allowed; nobody new when the list is pinned.
    pub fn get_or_stranger(&self, merchant_id: &MerchantId) -> Option<Arc<Merchant>> {
        let stranger = || self.adopt.then(|| Arc::new(Merchant::new(merchant_id.clone(), "", "")));
        self.get_or_guest(merchant_id).or_else(stranger)
    }

    /// A merchant, or somebody who has something in the ledger and may become one.
    pub fn get_or_guest(&self, merchant_id: &MerchantId) -> Option<Arc<Merchant>> {
        self.find(merchant_id, |_| true)
    }

    /// A merchant by id.
    pub fn get(&self, merchant_id: &MerchantId) -> Option<Arc<Merchant>> {
        self.find(merchant_id, |standing| standing != Standing::Guest)
    }

    fn find(&self, merchant_id: &MerchantId, admits: impl Fn(Standing) -> bool) -> Option<Arc<Merchant>> {
        let member = self.by_id.get(merchant_id).filter(|member| admits(member.standing))?;
        self.touch(&member);
        Some(Arc::clone(&member.merchant))
    }

    /// Adds a merchant or replaces it; it is not one that came by itself any more.
    pub fn put(&self, merchant: Merchant) {
        let mut roll = self.lock();
        let founder = self.by_id.get(&merchant.merchant_id).is_some_and(|member| member.standing == Standing::Founder);
        let standing = if founder { Standing::Founder } else { Standing::Put };
        self.enter(&mut roll, Arc::new(Merchant { adopted: false, ..merchant }), standing);
    }

    /// Forgets a merchant that was not there from the start.
    ///
    /// # Errors
    ///
    /// When there is none, or when it was there from the start.
    pub fn forget(&self, merchant_id: &MerchantId, forget: Forget<'_>) -> Result<(), ForgetError> {
        let mut roll = self.lock();
        match self.by_id.get(merchant_id).map(|member| member.standing) {
            None | Some(Standing::Guest) => Err(ForgetError::Unknown),
            Some(Standing::Founder) => Err(ForgetError::Founder),
            Some(Standing::Put | Standing::Adopted) => {
                self.leave(&mut roll, merchant_id);
                forget(merchant_id);
                Ok(())
            }
        }
    }

    /// Forgets the credentials of a merchant that came by itself, as if it had only applied for a hosted page: those of
    /// its next telegram count.
    pub fn forget_credentials(&self, merchant_id: &MerchantId, forget: Forget<'_>) {
        let mut roll = self.lock();
        let adopted = self.by_id.get(merchant_id).is_some_and(|member| member.standing == Standing::Adopted);
        if adopted {
            let merchant = Merchant { adopted: true, ..Merchant::new(merchant_id.clone(), "", "") };
            self.arrive(&mut roll, Arc::new(merchant), Standing::Adopted, forget);
        }
    }

    /// Forgets all that came by themselves.
    pub fn forget_adopted(&self, forget: Forget<'_>) {
        let mut roll = self.lock();
        let gone: Vec<MerchantId> = roll.adopted.iter().chain(&roll.guests).map(|(_, id)| id.clone()).collect();
        for merchant_id in gone {
            self.leave(&mut roll, &merchant_id);
            forget(&merchant_id);
        }
    }

    /// All merchants, by id.
    pub fn all(&self) -> Vec<Arc<Merchant>> {
        self.page(Bound::Unbounded, usize::MAX)
    }

    /// The merchants from an id on, by id, at most `limit`.
    pub fn page(&self, from: Bound<&str>, limit: usize) -> Vec<Arc<Merchant>> {
        let roll = self.lock();
        let ids = roll.listed.range::<str, _>((from, Bound::Unbounded)).take(limit);
        ids.filter_map(|id| self.by_id.get(id).map(|member| Arc::clone(&member.merchant))).collect()
    }

    /// The first by id.
    pub fn first(&self) -> Option<Arc<Merchant>> {
        self.page(Bound::Unbounded, 1).pop()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().listed.len()
    }

    /// The merchant that this key names; the first by id, if several were given the same.
    pub fn of_key(&self, key: Key, value: &str) -> Option<Arc<Merchant>> {
        let first = (key.name(), value.to_owned(), MerchantId::new(""));
        let found = self.lock().named.range(first..).next().cloned();
        let (_, _, merchant_id) = found.filter(|(name, known, _)| *name == key.name() && known == value)?;
        self.get(&merchant_id)
    }

    /// Adds somebody who comes by himself; if there are too many of them, another has to go.
    fn arrive(&self, roll: &mut Roll, merchant: Arc<Merchant>, standing: Standing, forget: Forget<'_>) {
        if let Some(before) = self.by_id.get(&merchant.merchant_id) {
            roll.strike(&before);
        }
        self.arrivals.fetch_add(1, Ordering::Relaxed);
        let telegrams = !awaits_credentials(&merchant);
        let limit = if telegrams { ADOPTED } else { GUESTS };
        while let Some(idle) = self.longest_idle(roll, telegrams, limit) {
            self.leave(roll, &idle);
            if telegrams {
                tracing::info!(merchant_id = %idle, "more than {limit} merchants came by themselves: the one that was idle longest is forgotten");
            } else {
                tracing::debug!(merchant_id = %idle, "more than {limit} came without a telegram: the one that was idle longest is forgotten");
            }
            forget(&idle);
        }
        self.enter(roll, merchant, standing);
    }

    /// Who has to go before one more can come. Those that were used since they got their places get new ones: each
    /// time that somebody is used costs one new place at most.
    fn longest_idle(&self, roll: &mut Roll, telegrams: bool, limit: usize) -> Option<MerchantId> {
        let list = if telegrams { &mut roll.adopted } else { &mut roll.guests };
        while list.len() >= limit {
            let (rank, merchant_id) = list.pop_first()?;
            let mut member = self.by_id.get_mut(&merchant_id)?;
            let used = member.used.load(Ordering::Relaxed);
            member.rank = used;
            list.insert((used, merchant_id.clone()));
            if used == rank {
                return Some(merchant_id);
            }
        }
        None
    }

    fn enter(&self, roll: &mut Roll, merchant: Arc<Merchant>, standing: Standing) {
        let rank = self.arrivals.load(Ordering::Relaxed);
        let member = Member { merchant: Arc::clone(&merchant), standing, used: AtomicU64::new(rank), rank };
        // Never away in between: somebody may be looking for it.
        if let Some(before) = self.by_id.insert(merchant.merchant_id.clone(), member) {
            roll.strike(&before);
        }
        let merchant_id = || merchant.merchant_id.clone();
        if standing != Standing::Guest {
            roll.listed.insert(merchant_id());
            self.keeper.put(merchant.merchant_id.as_str(), &Kept { standing, merchant: &*merchant });
        }
        roll.named.extend(names(&merchant));
        match standing {
            Standing::Founder | Standing::Put => {}
            Standing::Adopted if !awaits_credentials(&merchant) => {
                roll.adopted.insert((rank, merchant_id()));
            }
            Standing::Adopted | Standing::Guest => {
                roll.guests.insert((rank, merchant_id()));
            }
        }
    }

    fn leave(&self, roll: &mut Roll, merchant_id: &MerchantId) {
        if let Some((_, member)) = self.by_id.remove(merchant_id) {
            roll.strike(&member);
            self.keeper.remove(merchant_id.as_str());
        }
    }

    /// Takes up a member that was kept.
    pub(crate) fn restore(&self, member: &str) -> Result<(), serde_json::Error> {
        let Kept { standing, merchant } = serde_json::from_str::<Kept<Merchant>>(member)?;
        let mut roll = self.lock();
        self.arrivals.fetch_add(1, Ordering::Relaxed);
        self.enter(&mut roll, Arc::new(merchant), standing);
        Ok(())
    }

    /// Written only when somebody came in between, so that those who are busy do not disturb each other.
    fn touch(&self, member: &Member) {
        let now = self.arrivals.load(Ordering::Relaxed);
        if member.used.load(Ordering::Relaxed) != now {
            member.used.store(now, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Roll> {
        self.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nobody has told a merchant's credentials yet.
fn awaits_credentials(merchant: &Merchant) -> bool {
    merchant.connect_id.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adopt(merchants: &Merchants, id: &str, password: &str) -> Result<Arc<Merchant>, CredentialsError> {
        merchants.adopt(merchants.authenticate(id, "a", password)?, &mut |_| {})
    }

    fn id(id: &str) -> MerchantId {
        MerchantId::new(id)
    }

    #[test]
    fn unknown_merchants_are_adopted_once_and_remembered() {
        let merchants = Merchants::open_door();
        let first = merchants.authenticate("777", "a", "b").unwrap();
        assert!(first.known().is_none() && merchants.get(&id("777")).is_none(), "nothing is kept of a mere try");
        let second = merchants.authenticate("777", "a", "c").unwrap();
        assert!(merchants.adopt(second, &mut |_| {}).is_ok_and(|merchant| merchant.adopted));
        assert_eq!(merchants.adopt(first, &mut |_| {}).unwrap_err(), CredentialsError::Wrong, "the other was quicker");
        assert!(adopt(&merchants, "777", "c").is_ok());
        assert_eq!(merchants.authenticate("777", "a", "b").unwrap_err(), CredentialsError::Wrong);
    }

    #[test]
    fn the_first_telegram_completes_a_merchant_that_hosted_pages_adopted() {
        let merchants = Merchants::open_door();
        let applicant = merchants.applicant(&id("778")).unwrap();
        assert!(merchants.adopt(applicant, &mut |_| {}).is_ok_and(|merchant| merchant.adopted));
        assert!(adopt(&merchants, "778", "b").is_ok());
        assert_eq!(merchants.authenticate("778", "a", "c").unwrap_err(), CredentialsError::Wrong);
        assert!(merchants.applicant(&id("778")).unwrap().known().is_some());
    }

    #[test]
    fn a_pinned_list_closes_the_door() {
        let text = "[[merchant]]\nmerchant_id = \"1\"\nconnect_id = \"c\"\nconnect_password = \"p\"\n";
        let merchants = Merchants::pinned(text).unwrap();
        assert!(merchants.authenticate("1", "c", "p").is_ok());
        assert_eq!(merchants.authenticate("2", "c", "p").unwrap_err(), CredentialsError::Unknown);
        merchants.note_guest(&id("2"), &mut |_| {});
        assert_eq!(merchants.authenticate("2", "c", "p").unwrap_err(), CredentialsError::Unknown);
        assert!(Merchants::pinned("[[merchant]]\nmerchant = 1").is_err());
    }

    #[test]
    fn the_one_that_was_idle_longest_makes_room() {
        let merchants = Merchants::open_door();
        merchants.put(Merchant::new(id("5"), "a", "b"));
        for number in 0..ADOPTED {
            adopt(&merchants, &format!("1{number:05}"), "b").unwrap();
        }
        // Used once more: the next in the order goes first.
        assert!(merchants.get(&id("100000")).is_some());
        let mut gone = Vec::new();
        for stranger in ["7", "8"] {
            let caller = merchants.authenticate(stranger, "a", "b").unwrap();
            merchants.adopt(caller, &mut |id| gone.push(id.to_string())).unwrap();
        }
        assert_eq!(gone, ["100001", "100002"]);
        assert_eq!(merchants.count(), ADOPTED + 2, "the first merchant and the one that was put do not count");
        assert!(merchants.get(&id("100001")).is_none() && merchants.get(&id("100000")).is_some());
        // Those that sent no telegram never push out those that did.
        for number in 0..=GUESTS {
            merchants.note_guest(&id(&format!("2{number:05}")), &mut |id| gone.push(id.to_string()));
        }
        assert_eq!(gone[2..], ["200000"]);
        assert_eq!(merchants.count(), ADOPTED + 2, "guests are no merchants yet");
        merchants.forget_adopted(&mut |_| {});
        let left: Vec<String> = merchants.all().iter().map(|merchant| merchant.merchant_id.to_string()).collect();
        assert_eq!(left, ["10000", "5"]);
    }

    #[test]
    fn who_was_there_from_the_start_is_never_forgotten() {
        let merchants = Merchants::open_door();
        let founder = merchants.get(&id("10000")).unwrap();
        merchants.put(Merchant { connect_password: "other".to_owned(), ..Merchant::clone(&founder) });
        assert_eq!(merchants.forget(&id("10000"), &mut |_| {}), Err(ForgetError::Founder));
        assert_eq!(merchants.forget(&id("1"), &mut |_| {}), Err(ForgetError::Unknown));
        adopt(&merchants, "1", "b").unwrap();
        let mut gone = Vec::new();
        assert_eq!(merchants.forget(&id("1"), &mut |id| gone.push(id.clone())), Ok(()));
        assert_eq!(gone, [id("1")]);
        assert!(adopt(&merchants, "1", "another").is_ok(), "its password is forgotten too");
        merchants.forget_credentials(&id("1"), &mut |_| {});
        assert!(adopt(&merchants, "1", "a third").is_ok() && adopt(&merchants, "1", "another").is_err());
        merchants.forget_credentials(&id("10000"), &mut |_| {});
        assert_eq!(merchants.get(&id("10000")).unwrap().connect_password, "other", "nobody told it by a telegram");
    }

    #[test]
    fn merchants_are_listed_in_pages_and_found_by_the_keys_that_name_them() {
        let merchants = Merchants::open_door();
        let naming = catalog().keys().iter().find(|spec| spec.names_merchant).map(Key::from).unwrap();
        for number in ["3", "1", "2"] {
            let mut merchant = Merchant::new(id(number), "a", "b");
            merchant.keys.set(naming, format!("pk_{}", if number == "1" { "x" } else { "y" }));
            merchants.put(merchant);
        }
        let ids = |page: Vec<Arc<Merchant>>| page.iter().map(|one| one.merchant_id.to_string()).collect::<Vec<_>>();
        assert_eq!(ids(merchants.page(Bound::Unbounded, 2)), ["1", "10000"]);
        assert_eq!(ids(merchants.page(Bound::Excluded("10000"), 2)), ["2", "3"]);
        assert_eq!(ids(merchants.page(Bound::Included("30"), 2)), Vec::<String>::new());
        let of = |key: &str| merchants.of_key(naming, key).map(|merchant| merchant.merchant_id.to_string());
        assert_eq!([of("pk_x"), of("pk_y"), of("pk_z"), of("")], [Some("1".into()), Some("2".into()), None, None]);
        merchants.put(Merchant::new(id("2"), "a", "b"));
        assert_eq!(of("pk_y"), Some("3".into()), "a key that was taken away leads nowhere");
    }
}
