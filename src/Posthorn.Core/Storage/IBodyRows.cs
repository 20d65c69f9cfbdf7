using Posthorn.Core.Bodies;

namespace Posthorn.Core.Storage;

public interface IReadBodies
{
    /// <summary>Where the octets of a body are; small ones come with it.</summary>
    ValueTask<StoredBody?> GetAsync(BodyId id);

    /// <summary>Those among them that are there, each once, in any order.</summary>
    ValueTask<IReadOnlyList<StoredBody>> GetAsync(IReadOnlyCollection<BodyId> ids);

    /// <summary>Those among them that are there, without anything of them.</summary>
    ValueTask<IReadOnlySet<BodyId>> KnownAsync(IReadOnlyCollection<BodyId> ids);

    /// <summary>All bodies, a page after <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<StoredBody>> AllAsync(BodyId? after, int most);

    /// <summary>Bodies that lie outside the database, a page after <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<StoredBody>> ExternalAsync(BodyId? after, int most);

    /// <summary>Somebody copies the store: nothing is swept.</summary>
    ValueTask<bool> AreHeldAsync(DateTimeOffset now);

    /// <summary>Bodies that nothing has referred to since before <paramref name="before"/>.</summary>
    ValueTask<IReadOnlyList<StoredBody>> UnreferencedAsync(DateTimeOffset before, int most);
}

public interface IWriteBodies : IReadBodies
{
    /// <summary>Adds the body with <paramref name="references"/> references; one that is there already gains them.</summary>
    ValueTask ReferAsync(StoredBody body, int references, DateTimeOffset now);

    /// <summary>One more reference to a body that is there.</summary>
    ValueTask AddReferenceAsync(BodyId id);

    ValueTask ReleaseAsync(BodyId id, DateTimeOffset now);

    /// <summary>Removes the row if still nothing refers to it and nobody holds bodies.</summary>
    ValueTask<bool> DeleteUnreferencedAsync(BodyId id, DateTimeOffset now);

    /// <summary>Holds all bodies, or prolongs that; when it is committed, no <see cref="DeleteUnreferencedAsync"/> from before is under way.</summary>
    ValueTask HoldAsync(Guid hold, DateTimeOffset until);

    ValueTask EndHoldAsync(Guid hold);
}
