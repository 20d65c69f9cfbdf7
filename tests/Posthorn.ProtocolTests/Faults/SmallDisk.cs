using System.Diagnostics;

namespace Posthorn.ProtocolTests.Faults;

/// <summary>A file system of a given size in memory, on a folder. Mounting needs root, and a container that allows it.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    public static async Task<SmallDisk> MountAsync(string folder, int mebibytes)
    {
        Assert.True(Environment.IsPrivilegedProcess, "This test mounts a small file system, which only root can: run ./build test as root, or in a container.");
        await RunAsync("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m,mode=700", "posthorn-test", folder);
        return new SmallDisk(folder);
    }

    public Task ResizeAsync(int mebibytes) => RunAsync("mount", "-o", $"remount,size={mebibytes}m", _folder);

    public async ValueTask DisposeAsync() => await RunAsync("umount", "--lazy", _folder);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{program} did not start.");
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors}");
    }
}
